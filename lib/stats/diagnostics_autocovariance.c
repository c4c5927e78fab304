/* SPDX-License-Identifier: MIT */
/* Autocovariance of many series by the Fourier transform. A direct sum that stops where Geyer's sequence ends is as
 * fast for chains that mix well, but costs n^2 for those that do not, which are the ones that need a diagnosis.
 *
 * The transform of a zero-padded series, times its conjugate, is the transform of its autocovariance. Only the mean
 * over the series is wanted, so their power spectra are summed and transformed back once. Two series go through one
 * complex transform: for z = a + i b the real part of sum_t z[t] conj(z[t + lag]) is the sum of those of a and b.
 *
 * The forward transform, by decimation in frequency, leaves the spectrum in bit-reversed order. The backward transform,
 * by decimation in time, expects this order, so nothing is ever reordered. */
#include <core/size_impl.h>
#include <core/status_impl.h>
#include <math.h>
#include <stats/diagnostics_impl.h>
#include <string.h>

static const double PI = 3.14159265358979323846;

egm_status egm__diagnostics_fourier_create(egm__diagnostics_fourier *f, egm_context *context, int64_t n)
{
	egm_status st = EGM_OK;
	int64_t size = 2;
	while (size < n)
		if (egm__size_mul(size, 2, &size)) break;
	if (size < n || egm__size_mul(size, 2, &size))
		EGM_FAIL(EGM_ERR_MEMORY, "%lld draws are kept, must be fewer: their transform is larger than memory",
		         (long long)n);
	*f = (egm__diagnostics_fourier){.n = n, .size = size};
	f->cosine = egm__alloc(context, size, 5 * sizeof *f->cosine);
	if (!f->cosine) EGM_FAIL(EGM_ERR_MEMORY, "no memory for the autocovariance of %lld draws", (long long)n);
	f->sine = f->cosine + size;
	f->re = f->sine + size;
	f->im = f->re + size;
	f->power = f->im + size;
	for (int64_t h = 1; h < size; h *= 2)
		for (int64_t j = 0; j < h; j++) {
			f->cosine[h + j] = cos(PI * (double)j / (double)h);
			f->sine[h + j] = -sin(PI * (double)j / (double)h);
		}
out:
	return st;
}

void egm__diagnostics_fourier_clear(egm__diagnostics_fourier *f, egm_context *context)
{
	egm__free(context, f->cosine);
	memset(f, 0, sizeof *f);
}

/* (u, v) -> (u + v, (u - v) w), w = c + i s, for h pairs. */
static void split(int64_t h, const double *restrict c, const double *restrict s, double *restrict ur,
                  double *restrict ui, double *restrict vr, double *restrict vi)
{
	for (int64_t j = 0; j < h; j++) {
		double re = ur[j] - vr[j], im = ui[j] - vi[j];
		ur[j] += vr[j];
		ui[j] += vi[j];
		vr[j] = re * c[j] - im * s[j];
		vi[j] = re * s[j] + im * c[j];
	}
}

/* (u, v) -> (u + w v, u - w v) */
static void join(int64_t h, const double *restrict c, const double *restrict s, double *restrict ur,
                 double *restrict ui, double *restrict vr, double *restrict vi)
{
	for (int64_t j = 0; j < h; j++) {
		double re = vr[j] * c[j] - vi[j] * s[j], im = vr[j] * s[j] + vi[j] * c[j];
		vr[j] = ur[j] - re;
		vi[j] = ui[j] - im;
		ur[j] += re;
		ui[j] += im;
	}
}

static void forwards(egm__diagnostics_fourier *f)
{
	for (int64_t h = f->size / 2; h >= 1; h /= 2)
		for (int64_t b = 0; b < f->size; b += 2 * h)
			split(h, f->cosine + h, f->sine + h, f->re + b, f->im + b, f->re + b + h, f->im + b + h);
}

/* With the factors of `forwards` and not their conjugates: of a real spectrum this changes only the sign of the
 * imaginary part, which is not used. */
static void backwards(egm__diagnostics_fourier *f)
{
	for (int64_t h = 1; h < f->size; h *= 2)
		for (int64_t b = 0; b < f->size; b += 2 * h)
			join(h, f->cosine + h, f->sine + h, f->re + b, f->im + b, f->re + b + h, f->im + b + h);
}

double egm__diagnostics_mean(const double *x, int64_t n)
{
	double sum = 0;
	for (int64_t i = 0; i < n; i++) sum += x[i] - x[0];
	return x[0] + sum / (double)n;
}

int egm__diagnostics_constant(const double *x, int64_t n)
{
	for (int64_t i = 1; i < n; i++)
		if (x[i] != x[0]) return 0;
	return 1;
}

/* x minus its mean, then zeros. NULL gives only zeros. */
static void load(const egm__diagnostics_fourier *f, const double *x, double *out)
{
	int64_t n = x ? f->n : 0;
	double mean = x ? egm__diagnostics_mean(x, n) : 0;
	for (int64_t t = 0; t < n; t++) out[t] = x[t] - mean;
	memset(out + n, 0, (size_t)(f->size - n) * sizeof *out);
}

void egm__diagnostics_autocovariance(egm__diagnostics_fourier *f, const double *series, int64_t rows, double *out)
{
	size_t bytes = (size_t)f->size * sizeof(double);
	memset(f->power, 0, bytes);
	for (int64_t r = 0; r < rows; r += 2) {
		load(f, series + r * f->n, f->re);
		load(f, r + 1 < rows ? series + (r + 1) * f->n : NULL, f->im);
		forwards(f);
		for (int64_t k = 0; k < f->size; k++) f->power[k] += f->re[k] * f->re[k] + f->im[k] * f->im[k];
	}
	memcpy(f->re, f->power, bytes);
	memset(f->im, 0, bytes);
	backwards(f);
	double scale = 1 / ((double)f->size * (double)f->n * (double)rows);
	for (int64_t t = 0; t < f->n; t++) out[t] = f->re[t] * scale;
}
