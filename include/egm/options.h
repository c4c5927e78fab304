/* SPDX-License-Identifier: MIT */
/* What options there are: their names, types, ranges, defaults and meaning, asked for at run time. */
#ifndef EGM_OPTIONS_H
#define EGM_OPTIONS_H

#include <egm/status.h>

#ifdef __cplusplus
extern "C" {
#endif

/** Writes the defaults of a struct by its name, as "egm_gan_options": what EGM_GAN_OPTIONS_INIT does, for other
 *  languages than C and C++. `size` is the size of the caller's struct. */
EGM_API EGM_CHECKED egm_status egm_options_init(const char *type, void *options, size_t size);

#ifdef __cplusplus
}
#endif
#endif
