/* SPDX-License-Identifier: MIT */
/* Programs compiled against an older or a newer libegm hand option structs of another size to this one. Each kind of
 * struct goes through the same cases: shorter means defaults for the rest, longer is taken while the tail is zero, a
 * size that no release can have had is refused. Linked to the shared library, as such a program is. */
#include "option_kinds.h"
#include "option_kinds_0_3.h"
#include "option_kinds_0_4.h"

static const kind kinds[] = {
    KIND(context, egm_context_options, 0_1, make_context),
    KIND(data, egm_data_options, 0_1, make_data),
    KIND(load, egm_load_options, 0_1, make_model),
    KIND(energy_gan, egm_energy_gan_options, 0_1, make_energy_gan),
    KIND(dsm, egm_dsm_options, 0_1, make_dsm),
    KIND(trainer, egm_trainer_options, 0_1, make_trainer),
    KIND(target, egm_target_options, 0_2, make_target),
    KIND(sampler, egm_sampler_options, 0_2, make_sampler),
    KIND(ais, egm_ais_options, 0_2, run_ais),
    RESULT(ais_result, egm_ais_result, 0_2, get_result),
    RESULT(sampler_statistics, egm_sampler_statistics, 0_2, get_statistics),
    RESULT(diagnosis, egm_diagnosis, 0_2, get_diagnosis),
    KIND(ml, egm_ml_options, 0_3, make_ml),
    KIND(gan, egm_gan_options, 0_3, make_gan),
    KIND(vae, egm_vae_options, 0_3, make_vae),
    KIND(aae, egm_aae_options, 0_3, make_aae),
    KIND(ali, egm_ali_options, 0_3, make_ali),
    KIND(wgan, egm_wgan_options, 0_3, make_wgan),
    KIND(ls_gan, egm_ls_gan_options, 0_3, make_ls_gan),
    KIND(dae, egm_dae_options, 0_3, make_dae),
    KIND(dde, egm_dde_options, 0_3, make_dde),
    KIND(annealed_dsm, egm_annealed_dsm_options, 0_3, make_annealed_dsm),
    KIND(score_matching, egm_score_matching_options, 0_3, make_score_matching),
    KIND(negatives, egm_negatives_options, 0_3, set_negatives),
    KIND(mixture, egm_mixture_options, 0_3, fit_mixture),
    RESULT(mixture_result, egm_mixture_result, 0_3, get_mixture_result),
    KIND(mmd, egm_mmd_options, 0_3, compute_mmd),
    KIND(sliced, egm_sliced_options, 0_3, compute_sliced),
    KIND(mode, egm_mode_options, 0_3, compute_modes),
    RESULT(mode_coverage, egm_mode_coverage, 0_3, get_coverage),
    RESULT(ranking, egm_ranking, 0_3, get_ranking),
    KIND(cross_entropy, egm_cross_entropy_options, 0_4, make_cross_entropy),
};
enum { KINDS = sizeof kinds / sizeof kinds[0] };

/* Options in a buffer larger than any of them. */
typedef union room {
	size_t struct_size;
	max_align_t align;
	unsigned char bytes[ROOM];
} room;

START_TEST(test_options_init__writes_no_more_than_the_size_given)
{
	const kind *k = &kinds[_i];
	const size_t sizes[] = {sizeof(size_t), k->first, k->size, k->size + 40};
	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		room options;
		memset(&options, 0xa5, sizeof options);
		ck_assert_msg(k->init(&options, sizes[s]) == EGM_OK, "%s, %zu bytes: %s", k->name, sizes[s], egm_last_error());
		ck_assert_uint_eq(options.struct_size, sizes[s]);
		for (size_t i = sizes[s]; i < ROOM; i++) ck_assert_msg(options.bytes[i] == 0xa5, "%s: byte %zu", k->name, i);
		for (size_t i = k->size; i < sizes[s]; i++) ck_assert_msg(options.bytes[i] == 0, "%s: byte %zu", k->name, i);
	}
}
END_TEST

START_TEST(test_options_init__refuses_null_and_a_size_without_room_for_itself)
{
	const kind *k = &kinds[_i];
	room options;
	memset(&options, 0xa5, sizeof options);
	ck_assert_int_eq(k->init(NULL, k->size), EGM_ERR_ARGUMENT);
	for (size_t size = 0; size < sizeof(size_t); size++) ck_assert_int_eq(k->init(&options, size), EGM_ERR_ARGUMENT);
	for (size_t i = 0; i < ROOM; i++) ck_assert_uint_eq(options.bytes[i], 0xa5);
}
END_TEST

START_TEST(test_options__older_and_newer_programs_are_served)
{
	const kind *k = &kinds[_i];
	const size_t sizes[] = {sizeof(size_t), k->first, k->size, k->size + 8, k->size + 40};
	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		room options;
		memset(&options, 0xa5, sizeof options); /* what lies beyond the size is not the library's to read */
		ck_assert_int_eq(k->init(&options, sizes[s]), EGM_OK);
		ck_assert_msg(k->create(&options) == EGM_OK, "%s, %zu bytes: %s", k->name, sizes[s], egm_last_error());
	}
	ck_assert_msg(k->create(NULL) == (k->optional ? EGM_OK : EGM_ERR_ARGUMENT), "%s, NULL: %s", k->name,
	              egm_last_error());
}
END_TEST

START_TEST(test_options__an_option_that_this_release_does_not_know_is_refused)
{
	const kind *k = &kinds[_i];
	const size_t beyond[] = {0, 7, 39};
	if (!k->optional) return; /* a result asks for nothing */
	for (size_t s = 0; s < sizeof beyond / sizeof beyond[0]; s++) {
		room options;
		ck_assert_int_eq(k->init(&options, k->size + 40), EGM_OK);
		options.bytes[k->size + beyond[s]] = 1;
		ck_assert_int_eq(k->create(&options), EGM_ERR_UNSUPPORTED);
	}
}
END_TEST

START_TEST(test_options__a_size_of_nonsense_is_refused)
{
	const kind *k = &kinds[_i];
	const size_t sizes[] = {0, 1, sizeof(size_t) - 1, SIZE_MAX, SIZE_MAX - 7, SIZE_MAX / 2};
	for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
		room options;
		memset(&options, 0, sizeof options);
		ck_assert_int_eq(k->init(&options, k->size), EGM_OK);
		options.struct_size = sizes[s];
		ck_assert_msg(k->create(&options) == EGM_ERR_ARGUMENT, "%s, struct_size %zu: %s", k->name, sizes[s],
		              egm_last_error());
	}
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("abi");
	TCase *tc = tcase_create("options");
	tcase_set_tags(tc, "R18");
	tcase_set_timeout(tc, 60);
	tcase_add_checked_fixture(tc, setup, teardown);
	tcase_add_loop_test(tc, test_options_init__writes_no_more_than_the_size_given, 0, KINDS);
	tcase_add_loop_test(tc, test_options_init__refuses_null_and_a_size_without_room_for_itself, 0, KINDS);
	tcase_add_loop_test(tc, test_options__older_and_newer_programs_are_served, 0, KINDS);
	tcase_add_loop_test(tc, test_options__an_option_that_this_release_does_not_know_is_refused, 0, KINDS);
	tcase_add_loop_test(tc, test_options__a_size_of_nonsense_is_refused, 0, KINDS);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
