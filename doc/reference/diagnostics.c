/* SPDX-License-Identifier: MIT */
/* Diagnosis of chains: two of these four are elsewhere, and R-hat is far above 1.01. */
#include <egm.h>
#include <math.h>
#include <stdio.h>

int main(void)
{
	static double draws[200][4];
	for (int i = 0; i < 200; i++)
		for (int chain = 0; chain < 4; chain++) draws[i][chain] = sin(7.0 * i + chain) + (chain < 2 ? 0 : 3);
	egm_context *context = NULL;
	egm_diagnostics *diagnostics = NULL;
	egm_diagnosis all = EGM_DIAGNOSIS_INIT;
	int failed = egm_context_create(&context, NULL) || egm_diagnostics_create(&diagnostics, context, 4, 1, 0) ||
	             egm_diagnostics_add(diagnostics, egm_f64(draws[0], 200 * 4, 1)) ||
	             egm_diagnostics_compute(diagnostics, 0, -1, &all);
	if (failed)
		fprintf(stderr, "%s\n", egm_last_error());
	else
		printf("mean %.2f, R-hat %.2f: %s\n", all.mean, all.r_hat, all.r_hat <= 1.01 ? "converged" : "not converged");
	egm_diagnostics_free(diagnostics);
	egm_context_free(context);
	return failed;
}
