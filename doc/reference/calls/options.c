/* SPDX-License-Identifier: MIT */
#include "support.h"

int main(void)
{
	/* All structs of the headers: options and results. */
	int structs = 0;
	for (const char *type; (type = egm_options_type(structs)); structs++) expect(egm_options_size(type) > 0);
	printf("%d structs\n", structs);

	/* All options of a GAN, with their defaults. */
	for (int32_t i = 0; i < egm_options_count("egm_gan_options"); i++) {
		egm_option option = EGM_OPTION_INIT;
		check(egm_options_describe("egm_gan_options", i, &option));
		printf("%s = %g: %s\n", option.name, option.default_value, option.help);
	}

	/* A binding allocates a struct by its size, sets the defaults, and then a member by its name. */
	unsigned char *bytes = calloc(1, egm_options_size("egm_gan_options"));
	expect(bytes != NULL);
	check(egm_options_init("egm_gan_options", bytes, egm_options_size("egm_gan_options")));

	egm_option penalty = EGM_OPTION_INIT;
	check(egm_options_describe("egm_gan_options", egm_options_find("egm_gan_options", "penalty"), &penalty));
	const double value = 10;
	expect(penalty.kind == EGM_OPTION_DOUBLE && value >= penalty.low);
	memcpy(bytes + penalty.offset, &value, sizeof value);
	expect(((egm_gan_options *)(void *)bytes)->penalty == 10);

	free(bytes);
	return 0;
}
