# Every dependency comes from the distribution. A missing one is named with the package that
# brings it.
find_package(PkgConfig REQUIRED)

# Tests use the distribution's Python, which has its modules, whatever else is in PATH.
set(Python3_ROOT_DIR /usr)
set(Python3_FIND_STRATEGY LOCATION)

function(letterpress_require_package name package)
  find_package(${name} QUIET CONFIG)
  if(NOT ${name}_FOUND)
    message(FATAL_ERROR "${name} is missing: apt-get install ${package} (or run tools/setup.sh)")
  endif()
endfunction()

function(letterpress_require_module prefix module package)
  pkg_check_modules(${prefix} QUIET IMPORTED_TARGET GLOBAL ${module})
  if(NOT ${prefix}_FOUND)
    message(FATAL_ERROR "${module} is missing: apt-get install ${package} (or run tools/setup.sh)")
  endif()
endfunction()

letterpress_require_package(TBB libtbb-dev)
letterpress_require_module(LETTERPRESS_ZSTD libzstd libzstd-dev)
letterpress_require_module(LETTERPRESS_XXHASH libxxhash libxxhash-dev)
letterpress_require_module(LETTERPRESS_CRYPTO libcrypto libssl-dev)
letterpress_require_module(LETTERPRESS_SODIUM libsodium libsodium-dev)
if(LETTERPRESS_BUILD_TOOLS)
  letterpress_require_package(CLI11 libcli11-dev)
  letterpress_require_package(fmt libfmt-dev)
  letterpress_require_package(nlohmann_json nlohmann-json3-dev)
  letterpress_require_module(LETTERPRESS_QRENCODE libqrencode libqrencode-dev)
endif()
if(LETTERPRESS_BUILD_TESTS)
  letterpress_require_package(GTest libgtest-dev)
endif()
if(LETTERPRESS_BUILD_BENCHES)
  letterpress_require_package(benchmark libbenchmark-dev)
endif()
