/* SPDX-License-Identifier: MIT */
/* Copies and adds between images and their windows. The unit is a run: for a fixed ky, the kw c elements of a window
 * are neighbours in a line of the image. Fold computes one line of the image at a time from the windows over it, so
 * that no two rows of the output write to the same place. Its additions are in the order of ky and then of ox, or of kx
 * and c if runs are short. */
#include <string.h>
#include <tensor/image_impl.h>

enum { LONG_RUN = 16 /* a kernel is called for runs of at least this many elements */ };

/* The image and its line of a row, if an image has `per` lines. */
static void locate(int64_t row, int64_t per, int64_t *image, int64_t *line)
{
	*image = row / per;
	*line = row % per;
}

/* The windows from .. to - 1 of a line are those with column kx inside the image. */
static void windows_with(const egm__image *m, int64_t kx, int64_t *from, int64_t *to)
{
	int64_t s = m->window.stride[1], before = m->window.padding[1] - kx, after = m->w + before;
	*from = before > 0 ? (before + s - 1) / s : 0;
	*to = after > 0 ? (after + s - 1) / s : 0;
	if (*from > m->ow) *from = m->ow;
	if (*to > m->ow) *to = m->ow;
	if (*to < *from) *to = *from;
}

#define COPY(n)                                                                              \
	case n:                                                                                  \
		for (int64_t i = 0; i < count; i++) memcpy(out + i * out_step, in + i * in_step, n); \
		break;

/* `count` runs of `bytes` each. For the usual short sizes, memcpy is one or two moves. */
static void copy_runs(int64_t count, int64_t bytes, char *out, int64_t out_step, const char *in, int64_t in_step)
{
	switch (bytes) {
		COPY(4)
		COPY(8)
		COPY(12)
		COPY(16)
		COPY(32)
		COPY(64)
	default:
		for (int64_t i = 0; i < count; i++) memcpy(out + i * out_step, in + i * in_step, (size_t)bytes);
	}
}
#undef COPY

/* The run of window ox, which is partly outside the line `in` of the image. */
static void copy_edge(const egm__image *m, int64_t ox, char *out, const char *in)
{
	int64_t es = m->size * m->c, x = ox * m->window.stride[1] - m->window.padding[1];
	for (int64_t kx = 0; kx < m->window.kernel[1]; kx++, x++, out += es) {
		if (x >= 0 && x < m->w)
			memcpy(out, in + x * es, (size_t)es);
		else
			memset(out, 0, (size_t)es);
	}
}

/* The runs of all windows over a line of the image. Windows from .. to - 1 are inside it. */
static void copy_line(const egm__image *m, int64_t from, int64_t to, char *out, int64_t step, const char *in)
{
	int64_t es = m->size * m->c, kw = m->window.kernel[1], s = m->window.stride[1];
	for (int64_t ox = 0; ox < from; ox++) copy_edge(m, ox, out + ox * step, in);
	if (from < to)
		copy_runs(to - from, kw * es, out + from * step, step, in + (from * s - m->window.padding[1]) * es, s * es);
	for (int64_t ox = to; ox < m->ow; ox++) copy_edge(m, ox, out + ox * step, in);
}

static void whole_windows(const egm__image *m, int64_t *from, int64_t *to)
{
	int64_t first, last;
	windows_with(m, 0, from, &last);
	windows_with(m, m->window.kernel[1] - 1, &first, to);
	if (first > *from) *from = first;
	if (last < *to) *to = last;
	if (*to < *from) *to = *from;
}

void egm__image_patches(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                        int64_t count)
{
	int64_t es = m->size * m->c, kh = m->window.kernel[0], run = m->window.kernel[1] * es, image, line, from, to;
	char *out = y;
	whole_windows(m, &from, &to);
	for (int64_t row = first; row < first + count; row++, out += (m->ow - 1) * kh * run) {
		locate(row, m->oh, &image, &line);
		int64_t top = line * m->window.stride[0] - m->window.padding[0];
		for (int64_t iy = top; iy < top + kh; iy++, out += run) {
			if (iy >= 0 && iy < m->h)
				copy_line(m, from, to, out, kh * run, (const char *)x + (image * m->h + iy) * m->w * es);
			else
				for (int64_t ox = 0; ox < m->ow; ox++) memset(out + ox * kh * run, 0, (size_t)run);
		}
	}
}

/* Adds the runs of a row of windows, from x on, to the line y of an image: column by column, so that no addition waits
 * for the one before it. */
#define ADD_COLUMNS(T)                                                                                         \
	static void add_columns_##T(const egm__image *m, const int64_t *from, const int64_t *to, const T *x, T *y) \
	{                                                                                                          \
		int64_t step = (int64_t)m->window.kernel[0] * m->window.kernel[1] * m->c;                              \
		int64_t apart = m->window.stride[1] * m->c, before = m->window.padding[1] * m->c;                      \
		for (int64_t j = 0; j < m->window.kernel[1] * m->c; j++)                                               \
			for (int64_t ox = from[j]; ox < to[j]; ox++) y[ox * apart + j - before] += x[ox * step + j];       \
	}
ADD_COLUMNS(float)
ADD_COLUMNS(double)
#undef ADD_COLUMNS

/* The same window by window, for long runs. */
static void add_windows(const egm__kernels *t, const egm__image *m, const char *x, char *y)
{
	int64_t es = m->size * m->c, kw = m->window.kernel[1], step = m->window.kernel[0] * kw * es;
	for (int64_t ox = 0; ox < m->ow; ox++) {
		int64_t left = ox * m->window.stride[1] - m->window.padding[1];
		int64_t from = left < 0 ? -left : 0, to = m->w - left < kw ? m->w - left : kw;
		if (from < to) t->accumulate((to - from) * m->c, y + (left + from) * es, x + ox * step + from * es);
	}
}

/* For each column of a short run: the windows from .. to - 1 have it inside the image. */
typedef struct columns {
	int64_t from[LONG_RUN], to[LONG_RUN];
} columns;

static void add_line(const egm__kernels *t, const egm__image *m, const columns *inside, const char *x, char *y)
{
	if (m->window.kernel[1] * m->c >= LONG_RUN)
		add_windows(t, m, x, y);
	else if (m->size == sizeof(float))
		add_columns_float(m, inside->from, inside->to, (const float *)(const void *)x, (float *)(void *)y);
	else
		add_columns_double(m, inside->from, inside->to, (const double *)(const void *)x, (double *)(void *)y);
}

void egm__image_fold_add(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                         int64_t count)
{
	int64_t es = m->size * m->c, line_of_window = m->window.kernel[1] * es, image, line;
	columns inside;
	char *out = y;
	for (int64_t j = 0; j < m->window.kernel[1] * m->c && j < LONG_RUN; j++)
		windows_with(m, j / m->c, &inside.from[j], &inside.to[j]);
	for (int64_t row = first; row < first + count; row++, out += m->w * es) {
		locate(row, m->h, &image, &line);
		for (int64_t ky = 0; ky < m->window.kernel[0]; ky++) {
			int64_t down = line + m->window.padding[0] - ky, oy = down / m->window.stride[0];
			if (down < 0 || down % m->window.stride[0] || oy >= m->oh) continue;
			const char *in = x;
			in += ((image * m->oh + oy) * m->ow * m->window.kernel[0] + ky) * line_of_window;
			add_line(t, m, &inside, in, out);
		}
	}
}

void egm__image_fold(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first, int64_t count)
{
	memset(y, 0, (size_t)(count * m->w * m->c * m->size));
	egm__image_fold_add(t, m, x, y, first, count);
}

/* y += x. A call costs more than a short run. */
static void add(const egm__kernels *t, int64_t size, int64_t n, char *y, const char *x)
{
	if (n >= LONG_RUN) {
		t->accumulate(n, y, x);
	} else if (size == sizeof(float)) {
		float *v = (float *)(void *)y;
		for (int64_t i = 0; i < n; i++) v[i] += ((const float *)(const void *)x)[i];
	} else {
		double *v = (double *)(void *)y;
		for (int64_t i = 0; i < n; i++) v[i] += ((const double *)(const void *)x)[i];
	}
}

void egm__image_block_sum(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                          int64_t count)
{
	int64_t es = m->size * m->c;
	const char *in = x;
	in += first * m->window.kernel[0] * m->w * es;
	char *out = y;
	memset(out, 0, (size_t)(count * m->ow * es));
	for (int64_t row = first; row < first + count; row++, out += m->ow * es) {
		for (int64_t ky = 0; ky < m->window.kernel[0]; ky++)
			for (int64_t ix = 0; ix < m->w; ix++, in += es)
				add(t, m->size, m->c, out + ix / m->window.kernel[1] * es, in);
	}
}

void egm__image_repeat(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first, int64_t count)
{
	int64_t es = m->size * m->c;
	char *out = y;
	for (int64_t row = first; row < first + count; row++) {
		const char *in = x;
		in += row / m->window.kernel[0] * m->ow * es;
		for (int64_t ox = 0; ox < m->w; ox++, out += es) memcpy(out, in + ox / m->window.kernel[1] * es, (size_t)es);
	}
}
