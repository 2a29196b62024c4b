# letterpress_shared_library(NAME OBJECTS MAP OUTPUT_NAME): the objects of a static library as a
# shared one, which exports what the version script MAP lists. Before 1.0 a minor version may change
# the interface, so it is part of the library's name.
include_guard(GLOBAL)

function(letterpress_shared_library name objects map output_name)
  add_library(${name} SHARED $<TARGET_OBJECTS:${objects}>)
  target_include_directories(${name} PUBLIC $<INSTALL_INTERFACE:include>)
  target_link_libraries(${name} PRIVATE $<BUILD_INTERFACE:letterpress_flags>)
  set_target_properties(${name} PROPERTIES
    OUTPUT_NAME ${output_name} LINKER_LANGUAGE CXX VERSION ${PROJECT_VERSION}
    SOVERSION ${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}
    LINK_DEPENDS ${CMAKE_CURRENT_SOURCE_DIR}/${map})
  target_link_options(${name} PRIVATE
    LINKER:--version-script=${CMAKE_CURRENT_SOURCE_DIR}/${map} LINKER:-z,defs)
endfunction()
