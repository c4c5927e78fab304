/* SPDX-License-Identifier: MIT */
/* Prints how this compiler lays out the structs that the Python module declares itself, and the numbers that it
 * repeats: "struct member offset size", "struct - - size" and "name value" in lines. Option and result structs are not
 * among them: the library describes these itself. */
#include <egm.h>
#include <egm/options.h>
#include <stdio.h>

#define STRUCT(type, ...)                                          \
	do {                                                           \
		typedef type layout;                                       \
		const char *name = #type;                                  \
		printf("%s - - %zu\n", name, sizeof(layout)), __VA_ARGS__; \
	} while (0)
#define M(member) printf("%s " #member " %zu %zu\n", name, offsetof(layout, member), sizeof(((layout *)NULL)->member))
#define N(name) printf(#name " %d\n", (int)(name))

static void structs(void)
{
	STRUCT(egm_array, M(data), M(rows), M(columns), M(dtype));
	STRUCT(egm_out, M(data), M(rows), M(columns), M(dtype));
	STRUCT(egm_choice, M(name), M(value));
	STRUCT(egm_option, M(struct_size), M(name), M(help), M(offset), M(size), M(kind), M(required), M(default_value),
	       M(low), M(high), M(low_open), M(high_open), M(zero_is_default), M(choice_count), M(choices), M(family));
}

static void numbers(void)
{
	N(EGM_F32), N(EGM_F64);
	N(EGM_OPTION_INT32), N(EGM_OPTION_INT64), N(EGM_OPTION_UINT64), N(EGM_OPTION_DOUBLE), N(EGM_OPTION_CHOICE);
	N(EGM_OPTION_FLAG), N(EGM_OPTION_BITS), N(EGM_OPTION_CHARACTER), N(EGM_OPTION_RESERVED), N(EGM_OPTION_NUMBERS);
	N(EGM_OPTION_TEXT), N(EGM_OPTION_TEXTS), N(EGM_OPTION_HANDLE), N(EGM_OPTION_CALLBACK), N(EGM_OPTION_USER);
	N(EGM_INIT_FAN_IN_UNIFORM), N(EGM_INIT_GLOROT_UNIFORM), N(EGM_INIT_GLOROT_NORMAL), N(EGM_INIT_HE_UNIFORM);
	N(EGM_INIT_HE_NORMAL), N(EGM_INIT_LECUN_NORMAL), N(EGM_INIT_DCGAN_NORMAL), N(EGM_INIT_ZEROS);
	N(EGM_LATENT_ENERGY), N(EGM_LATENT_POSTERIOR), N(EGM_LATENT_PULLBACK);
	N(EGM_LOG_WARNING), N(EGM_LOG_INFO);
	N(EGM_FEATURE_GZIP), N(EGM_FEATURE_LIBMVEC), N(EGM_FEATURE_BLAS);
	N(EGM_ERR_ARGUMENT), N(EGM_ERR_STATE), N(EGM_ERR_SHAPE), N(EGM_ERR_DTYPE), N(EGM_ERR_MEMORY), N(EGM_ERR_NONFINITE);
	N(EGM_ERR_DIVERGED), N(EGM_ERR_IO), N(EGM_ERR_FILE), N(EGM_ERR_FORMAT), N(EGM_ERR_UNSUPPORTED), N(EGM_ERR_STOPPED);
}

int main(void)
{
	structs();
	numbers();
	return 0;
}
