/* SPDX-License-Identifier: MIT */
/* Checks rows and their weights, and scales the weights so that their sums are finite. */
#include <core/status_impl.h>
#include <float.h>
#include <math.h>
#include <stats/mixture_impl.h>

static egm_status take_weights(egm__mixture_data *data)
{
	double heaviest = 0;
	for (int64_t r = 0; r < data->rows; r++) {
		double w = data->weights[r];
		if (!(w >= 0) || !isfinite(w))
			return egm__fail(EGM_ERR_ARGUMENT, "row_weights[%lld] is %g, must be at least 0 and finite", (long long)r,
			                 w);
		heaviest = fmax(heaviest, w);
	}
	if (!(heaviest > 0))
		return egm__fail(EGM_ERR_ARGUMENT, "all %lld row_weights are 0, at least one must be above 0",
		                 (long long)data->rows);
	data->scale = scalbn(1, heaviest < DBL_MIN ? 1023 : -ilogb(heaviest)); /* never infinite */
	data->total = 0;
	for (int64_t r = 0; r < data->rows; r++) data->total += egm__mixture_weight(data, r);
	return EGM_OK;
}

egm_status egm__mixture_data_take(egm__mixture_data *data, egm_array x, egm_array row_weights, int64_t columns)
{
	egm_status st = EGM_OK;
	*data = (egm__mixture_data){x.dtype, x.data, x.rows, row_weights.data, 1, (double)x.rows};
	EGM_TRY(egm__sample_check(x, "x", 0, columns, 1));
	if (!data->weights) return EGM_OK;
	EGM_TRY(egm__array_counts(row_weights, "row_weights", EGM_F64, x.rows));
	EGM_TRY(take_weights(data));
out:
	return st;
}

egm_status egm__mixture_take(const egm_mixture *m, egm__mixture_data *data, egm_array x, egm_array row_weights)
{
	if (!m) return egm__fail(EGM_ERR_ARGUMENT, "mixture is NULL");
	return egm__mixture_data_take(data, x, row_weights, m->dims);
}
