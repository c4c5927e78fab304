/* SPDX-License-Identifier: MIT */
/* Losses on noisy data end to end: denoisers, scores and generators compared with known distributions. */
#include "any_kernel.h"
#include "training_fixture.h"

static const plan usual = {.batch = 256, .steps = 3000, .learning_rate = 5e-3, .seed = 1};
static const distribution gaussian = {1, {0.25}, 1}, points = {2, {-1, 1}, 0}, modes = {2, {-1, 1}, 0.2};

/* ---- one level of noise */

static void train_dsm(egm_model *energy, const distribution *dist, double sigma)
{
	egm_dsm_options o = EGM_DSM_OPTIONS_INIT;
	o.sigma = sigma;
	egm_loss_free(loss);
	egm_data_free(data);
	data = distribution_data(dist);
	OK(egm_loss_dsm(&loss, energy, &o));
	train(loss, data, &usual);
}

static void train_dae(egm_model *denoiser, const distribution *dist, double sigma)
{
	egm_dae_options o = EGM_DAE_OPTIONS_INIT;
	o.sigma = sigma;
	data = distribution_data(dist);
	OK(egm_loss_dae(&loss, denoiser, &o));
	train(loss, data, &usual);
}

/* r(y) on the grid, of a denoiser or of an energy. */
static void denoised(const egm_model *net, int energy, double sigma, double *r)
{
	static float y[CELLS], out[CELLS];
	for (int i = 0; i < CELLS; i++) y[i] = (float)grid_at(i);
	if (energy)
		OK(egm_model_energy_gradient(net, egm_f32(y, CELLS, 1), egm_no_out(), egm_f32_out(out, CELLS, 1)));
	else
		OK(egm_model_run(net, egm_f32(y, CELLS, 1), egm_f32_out(out, CELLS, egm_model_outputs(net))));
	for (int i = 0; i < CELLS; i++) r[i] = energy ? grid_at(i) - sigma * sigma * (double)out[i] : (double)out[i];
}

/* Tweedie: E (r(y) - r*(y))^2 over y, which is what the loss of r is above that of the best denoiser. */
static double excess(const distribution *dist, double sigma, const double *r)
{
	double sum = 0;
	for (int i = 0; i < CELLS; i++) {
		double miss = r[i] - distribution_denoised(dist, grid_at(i), sigma);
		sum += distribution_density(dist, grid_at(i), sigma) * miss * miss * GRID_STEP;
	}
	return sum;
}

/* E (r(x + sigma n) - x)^2 = excess + what the best leaves, and E r^2 - (E r)^2. */
static double denoised_variance(const distribution *dist, double sigma, const double *r)
{
	double sum = 0, squares = 0;
	for (int i = 0; i < CELLS; i++) {
		double mass = distribution_density(dist, grid_at(i), sigma) * GRID_STEP;
		sum += mass * r[i];
		squares += mass * r[i] * r[i];
	}
	return squares - sum * sum;
}

static double at(const double *r, double y)
{
	int i = (int)lround((y - GRID_LOW) / GRID_STEP - 0.5);
	return r[i];
}

/* K7, E19. 3000 batches of 256 rows are 768,000 noisy points; the target x has the variance v = s^2 sigma^2/(s^2 +
 * sigma^2) about r(y), so k parameters would be found with an excess of k v/768,000 if every step were averaged: a
 * learning rate that falls to 0 comes near. The bound is a hundredth of v, eighty times that for k = 97. Energies and
 * denoisers alike. */
START_TEST(test_denoising__normal_distribution)
{
	static double r[CELLS];
	const int energy = _i % 2;
	const double sigma = _i / 2 ? 1 : 0.5, v = sigma * sigma / (1 + sigma * sigma);
	nets[0] = NET("net", egm_model_silu, 2, 1, 32, 1);
	if (energy)
		train_dsm(nets[0], &gaussian, sigma);
	else
		train_dae(nets[0], &gaussian, sigma);
	denoised(nets[0], energy, sigma, r);
	double slope = (at(r, 1.25) - at(r, -0.75)) / 2, e = excess(&gaussian, sigma, r);
	ck_assert_msg(e <= v / 100, "excess %g of %g", e, v);
	ck_assert(fabs(slope - 1 / (1 + sigma * sigma)) <= 0.04);
	/* the data's variance is 1, that of denoised points s^4/(s^2 + sigma^2): 0.8 and 0.5 */
	ck_assert(fabs(denoised_variance(&gaussian, sigma, r) - 1 / (1 + sigma * sigma)) <= 0.05);
}
END_TEST

START_TEST(test_denoising__two_points)
{
	static double r[CELLS];
	const int energy = _i % 2;
	const double sigma = _i / 2 ? 1 : 0.5, known = _i / 2 ? 0.4621172 : 0.9640276;
	const double left = _i / 2 ? 0.4495995 : 0.0685974; /* by the best denoiser */
	nets[0] = NET("net", egm_model_silu, 2, 1, 32, 32, 1);
	if (energy)
		train_dsm(nets[0], &points, sigma);
	else
		train_dae(nets[0], &points, sigma);
	denoised(nets[0], energy, sigma, r);
	double e = excess(&points, sigma, r);
	ck_assert_msg(e <= left / 100, "excess %g of %g", e, left);
	ck_assert(fabs((at(r, 0.495) + at(r, 0.505)) / 2 - known) <= 0.06);
}
END_TEST

/* E29: the score of a ReLU network is a staircase that training moves only by its heights: with the same widths and
 * steps it stays several times further from the truth than a smooth one. */
START_TEST(test_denoising__relu_energies_are_worse)
{
	static double r[CELLS];
	double e[2];
	for (int smooth = 0; smooth < 2; smooth++) {
		nets[smooth] = NET("net", smooth ? egm_model_silu : egm_model_relu, 2, 1, 32, 1);
		train_dsm(nets[smooth], &gaussian, 0.5);
		denoised(nets[smooth], 1, 0.5, r);
		e[smooth] = excess(&gaussian, 0.5, r);
	}
	ck_assert_msg(e[0] > 5 * e[1], "relu %g, silu %g", e[0], e[1]);
}
END_TEST

/* ---- a generator from two energies */

static void train_dde(double sigma)
{
	egm_dde_options o = EGM_DDE_OPTIONS_INIT;
	plan p = {.batch = 256, .steps = 1500, .learning_rate = 2e-3, .seed = 3};
	o.sigma = sigma;
	egm_loss_free(loss);
	OK(egm_loss_dde(&loss, nets[0], nets[1], nets[2], &o));
	train(loss, NULL, &p);
}

/* The distribution of G(z) + sigma n: a mean of normals on DRAWS points. */
enum { DRAWS = 4000 };

static double generated_density(const float *x, double y, double sigma)
{
	double sum = 0;
	for (int i = 0; i < DRAWS; i++) {
		double t = (y - (double)x[i]) / sigma;
		sum += exp(-t * t / 2);
	}
	return sum / (DRAWS * sigma * sqrt(2 * acos(-1.0)));
}

/* K8, E18. U_p first, low where data are: in the modes, not between them nor far out. Then the generator: KL(q_sigma ||
 * p_sigma), which it goes down, both shares and both means. 4000 draws: a share has deviation 0.008. */
START_TEST(test_dde__generator_of_two_modes)
{
	static float z[2 * DRAWS], x[DRAWS];
	const double sigma = 0.3;
	double u[CELLS], kl = 0, sum[2] = {0};
	float before[4096], after[4096];
	int64_t n[2] = {0};
	uint64_t state = 5;
	nets[0] = NET("data_energy", egm_model_silu, 2, 1, 32, 32, 1);
	nets[1] = NET("sample_energy", egm_model_silu, 3, 1, 32, 32, 1);
	nets[2] = NET("generator", egm_model_silu, 4, 2, 32, 32, 1);
	train_dsm(nets[0], &modes, sigma);
	grid_energy(nets[0], u, NULL);
	ck_assert(at(u, -1) < at(u, 0) && at(u, 1) < at(u, 0) && at(u, 1) < at(u, 2.5) && at(u, -1) < at(u, -2.5));
	int64_t count = egm_model_parameter_count(nets[0]);
	OK(egm_model_parameters(nets[0], egm_f32_out(before, count, 1)));
	train_dde(sigma);
	OK(egm_model_parameters(nets[0], egm_f32_out(after, count, 1)));
	ck_assert_mem_eq(before, after, (size_t)count * sizeof *before);
	for (int i = 0; i < 2 * DRAWS; i++) z[i] = (float)normal(&state);
	OK(egm_model_run(nets[2], egm_f32(z, DRAWS, 2), egm_f32_out(x, DRAWS, egm_model_outputs(nets[2]))));
	for (int i = 0; i < DRAWS; i++) {
		n[x[i] > 0]++;
		sum[x[i] > 0] += (double)x[i];
	}
	for (int i = 0; i < CELLS; i += 4) {
		double q = generated_density(x, grid_at(i), sigma);
		if (q > 1e-12) kl += q * log(q / distribution_density(&modes, grid_at(i), sigma)) * 4 * GRID_STEP;
	}
	ck_assert_msg(kl >= -1e-3 && kl <= 0.05, "KL %g", kl);
	ck_assert(fabs((double)n[1] / DRAWS - 0.5) <= 0.1);
	ck_assert(fabs(sum[0] / (double)n[0] + 1) <= 0.15 && fabs(sum[1] / (double)n[1] - 1) <= 0.15);
}
END_TEST

/* ---- many levels */

enum { CHAINS = 2500, GRID = 5, MODES = GRID * GRID };

/* 25 modes of Gulrajani et al. 2017: 2 {-2..2}^2/2.828, deviation 0.05/2.828. */
static void grid_of_modes(double centre[MODES][2], double *sigma)
{
	for (int i = 0; i < MODES; i++) {
		centre[i][0] = 2 * (i / GRID - 2) / 2.828;
		centre[i][1] = 2 * (i % GRID - 2) / 2.828;
	}
	*sigma = 0.05 / 2.828;
}

/* Chains from noise, down the temperatures 20 to 1, denoised. */
static void draw_annealed(float *draws, double sigma0)
{
	enum { LEVELS = 10 };
	double temperature[LEVELS];
	egm_target *target = NULL;
	egm_sampler *sampler = NULL;
	any_kernel_options o;
	for (int i = 0; i < LEVELS; i++) temperature[i] = pow(20, 1 - i / (LEVELS - 1.0));
	OK(any_kernel_init(&o, ANY_ANNEALED_LANGEVIN));
	o.chains = CHAINS;
	o.temperatures = temperature;
	o.levels = LEVELS;
	o.steps_per_level = 20;
	o.step_size = 0.005;
	o.start_scale = 1.2;
	o.denoise = sigma0;
	OK(egm_target_model(&target, nets[0], NULL));
	OK(any_kernel_sampler(&sampler, target, &o));
	OK(egm_sampler_run(sampler, 1, 1, draws_out(sampler, 1, draws), egm_no_out(), NULL, NULL));
	egm_sampler_free(sampler);
	egm_target_free(target);
}

/* K9 end to end. Every mode gets at least 5 of 2500 draws within three deviations, and four in five of all draws are
 * that near to one. The spacing is 0.707, seven times sigma0, which is 5.7 deviations: a denoised draw is on its mode
 * only as far as the network knows the score there, and most of what is missing is that. */
START_TEST(test_annealed_dsm__25_modes)
{
	static float x[2 * POINTS], draws[2 * CHAINS];
	double centre[MODES][2], sigma;
	uint64_t state = 3;
	egm_annealed_dsm_options o = EGM_ANNEALED_DSM_OPTIONS_INIT;
	egm_mode_coverage found = EGM_MODE_COVERAGE_INIT;
	plan p = {.batch = 128, .steps = 6000, .learning_rate = 1e-2, .seed = 1};
	grid_of_modes(centre, &sigma);
	for (int i = 0; i < 2 * POINTS; i++) x[i] = (float)(centre[i / 2 % MODES][i % 2] + sigma * normal(&state));
	OK(egm_data_copy(&data, context, egm_f32(x, POINTS, 2)));
	nets[0] = NET("energy", egm_model_silu, 1, 2, 128, 128, 1);
	o.sigma0 = 0.1;
	o.sigma_low = 0.07;
	o.sigma_high = 0.3;
	OK(egm_loss_annealed_dsm(&loss, nets[0], &o));
	train(loss, data, &p);
	draw_annealed(draws, o.sigma0);
	OK(egm_metric_mode_coverage(context, egm_f32(draws, CHAINS, 2), egm_f64(centre[0], MODES, 2), sigma, NULL, &found));
	ck_assert_int_eq(found.covered, 25);
	ck_assert_msg(found.high_quality >= 0.8, "high quality %g", found.high_quality);
	ck_assert(found.reverse_kl <= 0.05);
}
END_TEST

/* ---- no noise */

/* A normal distribution in the plane with covariance C = [[1, .6], [.6, 1]]: the score is C^-1 x. Score matching
 * reaches it without a sample of the model: E|grad U - C^-1 x|^2 is below a fiftieth of E|C^-1 x|^2 = tr C^-1. */
START_TEST(test_score_matching__correlated_normal_distribution)
{
	static float x[2 * POINTS], fresh[2 * DRAWS], gradient[2 * DRAWS];
	const double rho = 0.6, det = 1 - rho * rho;
	double miss = 0;
	uint64_t state = 3;
	egm_score_matching_options o = EGM_SCORE_MATCHING_OPTIONS_INIT;
	for (int i = 0; i < POINTS + DRAWS; i++) {
		double a = normal(&state), b = normal(&state);
		float *row = i < POINTS ? x + 2 * i : fresh + 2 * (i - POINTS);
		row[0] = (float)a;
		row[1] = (float)(rho * a + sqrt(det) * b);
	}
	OK(egm_data_copy(&data, context, egm_f32(x, POINTS, 2)));
	nets[0] = NET("energy", egm_model_softplus, 1, 2, 32, 1);
	o.form = _i ? EGM_SCORE_SLICED : EGM_SCORE_EXPLICIT;
	OK(egm_loss_score_matching(&loss, nets[0], &o));
	train(loss, data, &usual);
	OK(egm_model_energy_gradient(nets[0], egm_f32(fresh, DRAWS, 2), egm_no_out(), egm_f32_out(gradient, DRAWS, 2)));
	for (int i = 0; i < DRAWS; i++) {
		double a = (double)fresh[2 * i], b = (double)fresh[2 * i + 1];
		double da = (double)gradient[2 * i] - (a - rho * b) / det,
		       db = (double)gradient[2 * i + 1] - (b - rho * a) / det;
		miss += (da * da + db * db) / DRAWS;
	}
	ck_assert_msg(miss <= 2 / det / 50, "%g of %g", miss, 2 / det);
}
END_TEST

int main(void)
{
	Suite *s = suite_create("train/score");
	TCase *t = tcase_create("score");
	tcase_set_tags(t, "K7 K8 K9 E18 E19 E29");
	tcase_set_timeout(t, 240);
	tcase_add_checked_fixture(t, setup, teardown);
	tcase_add_loop_test(t, test_denoising__normal_distribution, 0, 4);
	tcase_add_loop_test(t, test_denoising__two_points, 0, 4);
	tcase_add_test(t, test_denoising__relu_energies_are_worse);
	tcase_add_test(t, test_dde__generator_of_two_modes);
	tcase_add_test(t, test_annealed_dsm__25_modes);
	tcase_add_loop_test(t, test_score_matching__correlated_normal_distribution, 0, 2);
	suite_add_tcase(s, t);
	return egm_test_main(s);
}
