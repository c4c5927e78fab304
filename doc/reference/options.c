/* SPDX-License-Identifier: MIT */
/* Option structs, described by the library: names, defaults and help. */
#include <egm.h>
#include <stdio.h>

int main(void)
{
	const char *type = "egm_wgan_options";
	for (int32_t i = 0; i < egm_options_count(type); i++) {
		egm_option option = EGM_OPTION_INIT;
		if (egm_options_describe(type, i, &option) != EGM_OK) return 1;
		if (option.kind != EGM_OPTION_RESERVED) printf("%s = %g: %s\n", option.name, option.default_value, option.help);
	}
	return egm_options_count(type) == 0;
}
