/* SPDX-License-Identifier: MIT */
/* Maximum likelihood end to end: energies that chains have taught are the densities of their data.
 *
 * Judged by KL(p || q) with q = exp(-U)/Z: on the line by the midpoint rule, which knows Z, and by the log Z of
 * annealed importance sampling, which has to agree with it. A fit of k parameters to n = 20,000 points costs k/2n nats
 * on average (Wilks): below 0.03 for the 1,169 parameters here if they all counted. The steps of ULA are too hot by eps
 * k/4, k the curvature: 0.05 x 6/4 for the narrow modes, a quarter of whose square, 0.0015, is the KL between such
 * normals. What the bounds leave is the noise of training itself. Below 0 KL comes by the error of log Z, whose
 * standard error is some 0.004. */
#include "training_fixture.h"

static const law wide = {1, {0.5}, 1}, two_modes = {2, {-1.2, 1.2}, 0.4};
static const plan by_chains = {.batch = 128, .steps = 900, .learning_rate = 1e-2, .seed = 1};

static void learn(const law *l, int32_t start, int32_t kernel, int64_t steps, double step_size)
{
	egm_negatives_options n;
	egm_sampler_options s;
	egm_trainer *trainer;
	nets[0] = NET("energy", egm_model_silu, 2, 1, 32, 32, 1);
	data = law_data(l);
	OK(egm_ml_create(&loss, nets[0], NULL));
	trainer = make_trainer(loss, &by_chains);
	OK(egm_negatives_options_init(&n, sizeof n));
	OK(egm_sampler_options_init(&s, sizeof s, kernel));
	n.start = start;
	n.steps = steps;
	s.step_size = step_size;
	OK(egm_trainer_set_negatives(trainer, NULL, &n, &s));
	OK(egm_trainer_fit(trainer, data, by_chains.steps, NULL, NULL));
	egm_trainer_free(trainer);
}

/* log Z by chains; its own standard error is what it claims. */
static double ais_log_z(double wanted)
{
	egm_target *target = NULL;
	egm_ais_options o;
	egm_ais_result r;
	OK(egm_target_model(&target, nets[0], NULL));
	OK(egm_ais_options_init(&o, sizeof o));
	OK(egm_ais_result_init(&r, sizeof r));
	OK(egm_ais_run(target, &o, &r, NULL));
	egm_target_free(target);
	ck_assert_msg(fabs(r.log_z - wanted) <= 5 * r.standard_error + 1e-3, "log Z %g +- %g, grid %g", r.log_z,
	              r.standard_error, wanted);
	return r.log_z;
}

typedef struct found {
	double kl, left, slope; /* left: mass below 0; slope: E_p[(x - m) U'(x)], at U = -log p it is 1 */
} found;

static found judge(const law *l)
{
	static double u[CELLS], g[CELLS];
	found f = {0, 0, 0};
	grid_energy(nets[0], u, g);
	double log_z = ais_log_z(grid_log_z(u)), mean = l->parts == 1 ? l->mean[0] : 0;
	f.kl = grid_kl(l, 0, u, log_z);
	for (int i = 0; i < CELLS; i++) {
		if (grid_at(i) < 0) f.left += exp(-u[i] - grid_log_z(u)) * GRID_STEP;
		f.slope += law_density(l, grid_at(i), 0) * (grid_at(i) - mean) * g[i] * GRID_STEP;
	}
	return f;
}

/* K2: theta = 1/s^2. The best theta of a quadratic energy along the trained one is E_p[(x - m) U'(x)]/s^2. */
START_TEST(test_ml__normal_law)
{
	const int32_t start = _i + EGM_NEGATIVES_CD;
	learn(&wide, start, EGM_SAMPLER_ULA, start == EGM_NEGATIVES_SHORT_RUN ? 100 : 20, 0.1);
	found f = judge(&wide);
	ck_assert_msg(f.kl >= -0.01 && f.kl <= 0.03, "KL %g", f.kl);
	ck_assert_msg(fabs(f.slope - 1) <= 0.1, "theta %g", f.slope);
}
END_TEST

/* Two modes six standard deviations apart. Persistent chains find both and their shares, by either kernel. */
START_TEST(test_ml__two_modes)
{
	learn(&two_modes, EGM_NEGATIVES_PCD, _i ? EGM_SAMPLER_MALA : EGM_SAMPLER_ULA, 20, 0.05);
	found f = judge(&two_modes);
	ck_assert_msg(f.kl >= -0.02 && f.kl <= 0.05, "KL %g", f.kl);
	ck_assert_msg(fabs(f.left - 0.5) <= 0.1, "left %g", f.left);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("train/ml");
	TCase *t = tcase_create("ml");
	tcase_set_tags(t, "K2 K20");
	tcase_set_timeout(t, 240);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_ml__normal_law, 0, 3);
	tcase_add_loop_test(t, test_ml__two_modes, 0, 2);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
