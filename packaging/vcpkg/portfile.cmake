# SPDX-License-Identifier: MIT
# The tree of which this file is a part; the archive of a release has no address yet.
get_filename_component(SOURCE_PATH "${CMAKE_CURRENT_LIST_DIR}/../.." ABSOLUTE)
vcpkg_configure_meson(
	SOURCE_PATH "${SOURCE_PATH}"
	OPTIONS -Dtests=disabled -Dblas=none -Dzlib=enabled)
vcpkg_install_meson()
vcpkg_fixup_pkgconfig()
vcpkg_copy_pdbs()
file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/COPYING")
