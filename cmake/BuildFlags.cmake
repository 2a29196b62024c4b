# Flags as INTERFACE targets, so that a folder's CMakeLists.txt lists nothing but its files:
# letterpress_plain_flags for a program that only makes test data, letterpress_flags for all else.
add_library(letterpress_plain_flags INTERFACE)
target_compile_features(letterpress_plain_flags INTERFACE cxx_std_20)
target_compile_options(letterpress_plain_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion
  $<$<COMPILE_LANGUAGE:CXX>:-Wnon-virtual-dtor -Wold-style-cast>)
add_library(letterpress_flags INTERFACE)
target_link_libraries(letterpress_flags INTERFACE letterpress_plain_flags)
if(LETTERPRESS_SANITIZE)
  target_compile_options(letterpress_flags INTERFACE
    -fsanitize=${LETTERPRESS_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(letterpress_flags INTERFACE -fsanitize=${LETTERPRESS_SANITIZE})
endif()
# Internal invariants are checked in every build but release.
target_compile_definitions(letterpress_flags INTERFACE
  $<$<NOT:$<CONFIG:Release>>:LETTERPRESS_ASSERTIONS=1>)
