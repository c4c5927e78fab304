/* SPDX-License-Identifier: MIT */
/* Every choice that the library makes by itself is one line of the log. */
#include "support.h"
#include <egm.h>
#include <stdio.h>

static char seen[4096];

static void keep(int32_t level, const char *message, void *user)
{
	(void)user;
	size_t n = strlen(seen);
	snprintf(seen + n, sizeof seen - n, "%d %s\n", (int)level, message);
}

static void expect(const char *text)
{
	ck_assert_msg(strstr(seen, text) != NULL, "'%s' is not in:\n%s", text, seen);
	seen[0] = '\0';
}

START_TEST(test_log__says_what_was_chosen)
{
	static const char table[] = "a,b\n1,2\n3,4\n", numbers[] = "1,2\n3,4\n";
	const float x[] = {0, 3}, y[] = {0, 3}; /* distances 0, 0, 3, 3, 3, 3 */
	egm_context_options options = EGM_CONTEXT_OPTIONS_INIT;
	egm_context *context = NULL;
	egm_model *net = NULL;
	egm_loss *loss = NULL;
	egm_trainer *trainer = NULL;
	egm_data *data = NULL;
	double mmd;
	options.log = keep;
	ck_assert_int_eq(egm_context_create(&context, &options), EGM_OK);
	ck_assert_int_eq(egm_data_load_csv_memory(&data, context, table, sizeof table - 1, NULL), EGM_OK);
	expect("line 1 is a header\n");
	egm_data_free(data);
	ck_assert_int_eq(egm_data_load_csv_memory(&data, context, numbers, sizeof numbers - 1, NULL), EGM_OK);
	expect("line 1 is a row, so there is no header\n");
	egm_data_free(data);
	ck_assert_int_eq(egm_metric_mmd(context, egm_f32(x, 2, 1), egm_f32(y, 2, 1), NULL, &mmd, NULL, NULL), EGM_OK);
	expect("egm_metric_mmd: the bandwidth is the median distance, 3\n");
	ck_assert_int_eq(egm_model_create(&net, context, "energy", 3), EGM_OK);
	egm_model_dense(net, 1);
	ck_assert_int_eq(egm_model_build(net, EGM_F32, 1), EGM_OK);
	ck_assert_int_eq(egm_loss_dsm(&loss, net, NULL), EGM_OK);
	ck_assert_int_eq(egm_trainer_create(&trainer, loss, NULL), EGM_OK);
	expect("egm_trainer_create: dsm with 4 parameters in f32, mini-batches of 64 rows, ");
	egm_trainer_free(trainer);
	egm_loss_free(loss);
	egm_model_free(net);
	egm_context_free(context);
}
END_TEST

int main(void)
{
	Suite *suite = suite_create("train/log");
	TCase *tc = tcase_create("log");
	tcase_add_test(tc, test_log__says_what_was_chosen);
	suite_add_tcase(suite, tc);
	return egm_test_main(suite);
}
