/* SPDX-License-Identifier: MIT */
/* Options of the readers, described in options.c. */
#ifndef EGM_IO_OPTIONS_IMPL_H
#define EGM_IO_OPTIONS_IMPL_H

#include <core/options_impl.h>
#include <egm/data.h>
#include <egm/model.h>

extern const egm__options egm__options_data, egm__options_csv, egm__options_load, egm__options_restore;

/* egm__options_check for egm__options_csv, and what members must be to one another. */
egm_status egm__csv_options_check(egm_csv_options *o, const egm_csv_options *options);

#endif
