# LETTERPRESS_PYTHON: a Python 3 that has what the independent readers of this folder need. The one
# that is first in the PATH may be another than the distribution's, which has the packages.
if(NOT LETTERPRESS_PYTHON)
  foreach(candidate python3 /usr/bin/python3)
    execute_process(COMMAND ${candidate} -c "import zstandard, xxhash"
                    RESULT_VARIABLE result OUTPUT_QUIET ERROR_QUIET)
    if(result EQUAL 0)
      set(LETTERPRESS_PYTHON ${candidate} CACHE STRING "Python 3 with zstandard and xxhash")
      break()
    endif()
  endforeach()
endif()
if(NOT LETTERPRESS_PYTHON)
  message(FATAL_ERROR "Python packages are missing: apt-get install python3-zstandard "
                      "python3-xxhash (or run tools/setup.sh)")
endif()
