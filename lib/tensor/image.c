/* SPDX-License-Identifier: MIT */
/* Moving numbers between images and their windows. All of it is copying and adding of runs: for a fixed ky a window
 * holds kw c neighbours of a line. A fold gathers, line by line of the image, what the windows over that line hold: no
 * two rows of an output write to the same place, and the order of the additions is that of ky and ox. */
#include <string.h>
#include <tensor/image_impl.h>

/* Where a row of `per` lines an image stands: image and line. */
static void locate(int64_t row, int64_t per, int64_t *image, int64_t *line)
{
	*image = row / per;
	*line = row % per;
}

/* Channels of column kx = from .. to of the window at ox that lie inside the image; x: the column of kx = 0. */
static int64_t inside(const egm__image *m, int64_t ox, int64_t *from, int64_t *to)
{
	int64_t x = ox * m->window.stride[1] - m->window.padding[1], kw = m->window.kernel[1];
	*from = x < 0 ? -x : 0;
	*to = m->w - x < kw ? m->w - x : kw;
	if (*from > kw) *from = kw;
	if (*to < *from) *to = *from;
	return x;
}

/* y += x; a run of a few elements is not worth a call. */
static void add(const egm__kernels *t, int64_t size, int64_t n, char *y, const char *x)
{
	if (n >= 16) {
		t->accumulate(n, y, x);
		return;
	}
	if (size == sizeof(float)) {
		float *v = (float *)(void *)y;
		for (int64_t i = 0; i < n; i++) v[i] += ((const float *)(const void *)x)[i];
	} else {
		double *v = (double *)(void *)y;
		for (int64_t i = 0; i < n; i++) v[i] += ((const double *)(const void *)x)[i];
	}
}

void egm__image_patches(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                        int64_t count)
{
	int64_t es = m->size * m->c, kw = m->window.kernel[1], image, line;
	char *out = y;
	out += first * m->ow * m->window.kernel[0] * kw * es;
	for (int64_t row = first; row < first + count; row++) {
		locate(row, m->oh, &image, &line);
		int64_t top = line * m->window.stride[0] - m->window.padding[0];
		for (int64_t ox = 0; ox < m->ow; ox++) {
			int64_t from, to, left = inside(m, ox, &from, &to);
			for (int64_t iy = top; iy < top + m->window.kernel[0]; iy++, out += kw * es) {
				if (iy < 0 || iy >= m->h || from == to) {
					memset(out, 0, (size_t)(kw * es));
					continue;
				}
				const char *in = (const char *)x + ((image * m->h + iy) * m->w + left + from) * es;
				if (from) memset(out, 0, (size_t)(from * es));
				memcpy(out + from * es, in, (size_t)((to - from) * es));
				if (to < kw) memset(out + to * es, 0, (size_t)((kw - to) * es));
			}
		}
	}
}

/* Adds line ky of the windows of one row, whose first is at x, to the line of an image at y. */
static void add_windows(const egm__kernels *t, const egm__image *m, const char *x, char *y)
{
	int64_t es = m->size * m->c, step = (int64_t)m->window.kernel[0] * m->window.kernel[1] * es;
	for (int64_t ox = 0; ox < m->ow; ox++) {
		int64_t from, to, left = inside(m, ox, &from, &to);
		if (from < to) add(t, m->size, (to - from) * m->c, y + (left + from) * es, x + ox * step + from * es);
	}
}

void egm__image_fold(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first, int64_t count)
{
	int64_t es = m->size * m->c, line_of_window = m->window.kernel[1] * es, image, line;
	for (int64_t row = first; row < first + count; row++) {
		char *out = (char *)y + row * m->w * es;
		locate(row, m->h, &image, &line);
		memset(out, 0, (size_t)(m->w * es));
		for (int64_t ky = 0; ky < m->window.kernel[0]; ky++) {
			int64_t down = line + m->window.padding[0] - ky, oy = down / m->window.stride[0];
			if (down < 0 || down % m->window.stride[0] || oy >= m->oh) continue;
			const char *in = x;
			in += ((image * m->oh + oy) * m->ow * m->window.kernel[0] + ky) * line_of_window;
			add_windows(t, m, in, out);
		}
	}
}

void egm__image_block_sum(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first,
                          int64_t count)
{
	int64_t es = m->size * m->c;
	const char *in = x;
	in += first * m->window.kernel[0] * m->w * es;
	for (int64_t row = first; row < first + count; row++) {
		char *out = (char *)y + row * m->ow * es;
		memset(out, 0, (size_t)(m->ow * es));
		for (int64_t ky = 0; ky < m->window.kernel[0]; ky++)
			for (int64_t ix = 0; ix < m->w; ix++, in += es)
				add(t, m->size, m->c, out + ix / m->window.kernel[1] * es, in);
	}
}

void egm__image_repeat(const egm__kernels *t, const egm__image *m, const void *x, void *y, int64_t first, int64_t count)
{
	int64_t es = m->size * m->c;
	char *out = y;
	out += first * m->w * es;
	for (int64_t row = first; row < first + count; row++) {
		const char *in = x;
		in += row / m->window.kernel[0] * m->ow * es;
		for (int64_t ox = 0; ox < m->w; ox++, out += es) memcpy(out, in + ox / m->window.kernel[1] * es, (size_t)es);
	}
}
