/* SPDX-License-Identifier: MIT */
/* Log densities and responsibilities of rows: passes over data that only write what a block evaluates. */
#include <core/status_impl.h>
#include <math.h>
#include <stats/mixture_impl.h>
#include <string.h>

enum { BLOCK = EGM__MIXTURE_BLOCK };

/* A pass over all rows with `visit`, whose results are [rows, columns]. */
static egm_status pass_over(const egm_mixture *mixture, egm_array x, egm_out out, int64_t columns,
                            void (*visit)(const egm__mixture_pass *pass, egm__mixture_part *part, int64_t first))
{
	egm_status st = EGM_OK;
	egm__mixture_pass pass = {0};
	egm__mixture_data data;
	EGM_TRY(egm__mixture_take(mixture, &data, x, egm_no_array()));
	EGM_TRY(egm__out_fits(out, "out", EGM_F64, x.rows, columns));
	EGM_TRY(egm__mixture_pass_create(&pass, mixture, &data, 0));
	pass.visit = visit;
	pass.out = out.data;
	egm__mixture_pass_run(&pass);
out:
	egm__mixture_pass_clear(&pass);
	return st;
}

static void write_log_density(const egm__mixture_pass *pass, egm__mixture_part *part, int64_t first)
{
	memcpy(pass->out + first, part->block.log_density, (size_t)part->block.rows * sizeof *pass->out);
}

egm_status egm_mixture_log_density(const egm_mixture *mixture, egm_array x, egm_out out)
{
	return egm__named(__func__, pass_over(mixture, x, out, 1, write_log_density));
}

static void write_shares(const egm__mixture_pass *pass, egm__mixture_part *part, int64_t first)
{
	const int64_t n = pass->mixture->options.components;
	for (int64_t r = 0; r < part->block.rows; r++)
		for (int64_t k = 0; k < n; k++) pass->out[(first + r) * n + k] = part->block.shares[k * BLOCK + r];
}

egm_status egm_mixture_responsibilities(const egm_mixture *mixture, egm_array x, egm_out out)
{
	const int64_t n = egm_mixture_components(mixture);
	const double *shares = out.data;
	egm_status st = pass_over(mixture, x, out, n, write_shares);
	for (int64_t i = 0; st == EGM_OK && i < x.rows; i++)
		if (!isfinite(shares[i * n])) st = egm__mixture_zero_density(i);
	return egm__named(__func__, st);
}
