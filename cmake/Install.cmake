# `cmake --install`: the program, the engine and the vault as shared and static libraries, their
# headers, a relocatable CMake package and relocatable pkg-config files.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set_target_properties(letterpress_shared PROPERTIES EXPORT_NAME engine)
set_target_properties(letterpress PROPERTIES EXPORT_NAME engine_static)
set_target_properties(letterpress_vault_shared PROPERTIES EXPORT_NAME vault)
set_target_properties(letterpress_vault PROPERTIES EXPORT_NAME vault_static)
install(TARGETS letterpress_shared letterpress letterpress_vault_shared letterpress_vault
  EXPORT letterpress
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY engine/include/ DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING
  PATTERN *.h)
install(FILES docs/STREAM.md docs/FORMAT.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
if(LETTERPRESS_BUILD_TOOLS)
  install(TARGETS letterpress_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  find_package(Python3 REQUIRED COMPONENTS Interpreter)
  set(man_pages ${PROJECT_BINARY_DIR}/man)
  set(man_headers letterpress.h letterpress_vault.h)
  list(TRANSFORM man_headers PREPEND ${PROJECT_SOURCE_DIR}/engine/include/)
  add_custom_command(OUTPUT ${man_pages}/letterpress.1
    COMMAND ${Python3_EXECUTABLE} -B ${PROJECT_SOURCE_DIR}/tools/man_pages.py
            $<TARGET_FILE:letterpress_cli> ${man_pages} ${man_headers}
    DEPENDS letterpress_cli ${man_headers} tools/man_pages.py VERBATIM)
  add_custom_target(man ALL DEPENDS ${man_pages}/letterpress.1)
  foreach(section 1 3)
    install(DIRECTORY ${man_pages}/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section}
      FILES_MATCHING PATTERN *.${section})
  endforeach()
endif()

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/letterpress)
install(EXPORT letterpress NAMESPACE letterpress:: DESTINATION ${package_folder}
  FILE letterpress-targets.cmake)
configure_package_config_file(cmake/letterpress-config.cmake.in
  ${PROJECT_BINARY_DIR}/letterpress-config.cmake INSTALL_DESTINATION ${package_folder}
  NO_SET_AND_CHECK_MACRO)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/letterpress-config-version.cmake
  COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/letterpress-config.cmake
  ${PROJECT_BINARY_DIR}/letterpress-config-version.cmake DESTINATION ${package_folder})

# From the folder of the .pc file to the prefix, however deep the library folder lies.
file(RELATIVE_PATH LETTERPRESS_PC_PREFIX /${CMAKE_INSTALL_LIBDIR}/pkgconfig /)
foreach(name letterpress letterpress-vault)
  configure_file(cmake/${name}.pc.in ${PROJECT_BINARY_DIR}/${name}.pc @ONLY)
  install(FILES ${PROJECT_BINARY_DIR}/${name}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
