# letterpress_kernel(TIER FILE...): files of the engine that are compiled for CPUs of that tier and
# above, if LETTERPRESS_CPU_TIERS names it. Other code sees LETTERPRESS_BUILT_AVX2=1 and the like.
# These files stay sealed: no exceptions, no LTO, no unity build, no weak code symbols
# (tests/sealed_kernels.sh), because the linker may hand a weak function that was compiled here to
# code that runs everywhere.
include_guard(GLOBAL)

function(letterpress_kernel tier)
  if(NOT tier IN_LIST LETTERPRESS_CPU_TIERS OR NOT CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
    return()
  endif()
  # Inside the function, because variables of this file would be of the first folder to include it.
  set(flags_avx2 -mavx2 -mbmi -mbmi2 -mlzcnt -mpopcnt -mpclmul)
  set(flags_avx512 ${flags_avx2} -mavx512f -mavx512bw -mavx512dq -mavx512vl -mavx512vbmi
      -mavx512vbmi2 -mgfni)
  list(TRANSFORM ARGN PREPEND ${CMAKE_CURRENT_SOURCE_DIR}/)
  set_source_files_properties(${ARGN} TARGET_DIRECTORY letterpress PROPERTIES
    COMPILE_OPTIONS "${flags_${tier}};-fno-exceptions;-fno-lto" SKIP_UNITY_BUILD_INCLUSION ON)
  target_sources(letterpress PRIVATE ${ARGN})
  string(TOUPPER ${tier} upper_tier)
  target_compile_definitions(letterpress PRIVATE LETTERPRESS_BUILT_${upper_tier}=1)
endfunction()
