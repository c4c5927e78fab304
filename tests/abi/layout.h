/* SPDX-License-Identifier: MIT */
/* Members of option structs may be appended; none moves, changes its size or goes. */
#ifndef EGM_TESTS_ABI_LAYOUT_H
#define EGM_TESTS_ABI_LAYOUT_H

#include <stddef.h>

#define SAME(type, release, member)                                                            \
	_Static_assert(offsetof(type, member) == offsetof(type##_##release, member) &&             \
	                   sizeof(((type *)0)->member) == sizeof(((type##_##release *)0)->member), \
	               #type "." #member " moved or changed its size since " #release)
#define GROWN(type, release) \
	_Static_assert(sizeof(type) >= sizeof(type##_##release), #type " is shorter than in " #release)

#endif
