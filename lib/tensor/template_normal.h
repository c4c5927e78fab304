/* SPDX-License-Identifier: MIT */
/* Pairs of normals by Box-Muller, sqrt(-2 log u) (cos, sin)(2 pi t) with u in (0, 1] and t in [-1/2, 1/2). The
 * logarithm, the sine and the cosine are written out here, because they are half as long as those of a library: no
 * argument is negative, infinite or large; sine and cosine share their argument; and t is an integer, from which the
 * nearest quarter of a turn is split off without rounding.
 *
 * u = 2^e m with sqrt(1/2) <= m < sqrt 2, and with s = (m - 1) / (m + 1)
 *   log m = 2 artanh s = 2 s + s^3 R(s^2)
 * or, for floats, x + x^2 (-1/2 + x R(x)) with x = m - 1. For r in [-1/2, 1/2], a fraction of a quarter turn,
 * sin(pi/2 r) = r S(r^2) and cos(pi/2 r) = 1 + r^2 C(r^2). The polynomials interpolate at Chebyshev nodes. The largest
 * error is beside each; those of the logarithms are relative. */
#define POLYNOMIAL(name, type, element, madd)                              \
	INLINE type name(type x, const int n, const element *c)                \
	{                                                                      \
		type y = (type){0} + c[n - 1];                                     \
		UNROLL                                                             \
		for (int i = n - 2; i >= 0; i--) y = madd(y, x, (type){0} + c[i]); \
		return y;                                                          \
	}
POLYNOMIAL(polynomial_f32, vf, float, madd_f32)
POLYNOMIAL(polynomial_f64, vd, double, madd_f64)
#undef POLYNOMIAL

/* ---- f32 */

/* -2 log u, u >= 2^-32 */
INLINE vf squared_radius_f32(vf u)
{
	static const float r[8] = {0.333333307F, -0.250003064F, 0.200010451F, -0.166412815F,
	                           0.142144959F, -0.129981838F, 0.126223198F, -0.0790274377F}; /* 2e-8 */
	vf_bits power = ((vf_bits)u - 0x3f3504f3) & -0x800000;                                 /* e 2^23 */
	vf x = (vf)((vf_bits)u - power) - 1, e = __builtin_convertvector(power, vf);
	vf y = madd_f32(polynomial_f32(x, 8, r), x, (vf){0} - 0.5F);
	y = madd_f32(y, x * x, x);
	return -2 * madd_f32(e, (vf){0} + (float)(M_LN2 * 0x1p-23), y);
}

/* cos and sin of 2 pi q / 2^32, using the 24 leading bits of q, read as signed. The top two bits, rounded by the third,
 * are the quarter turn; the bits below them, read as signed, are r. */
INLINE void directions_f32(vf_words q, vf *cosine, vf *sine)
{
	static const float s[4] = {1.57079632F, -0.645963478F, 0.0796802176F, -0.00460214921F};  /* 2e-9 */
	static const float c[4] = {-1.23370055F, 0.253669410F, -0.0208615283F, 0.000906739898F}; /* 2e-10 */
	vf_words quarters = q + 0x20000000;
	vf r = __builtin_convertvector((vf_bits)(q << 2 & 0xfffffc00), vf) * 0x1p-32F, z = r * r;
	vf x = madd_f32(polynomial_f32(z, 4, c), z, (vf){0} + 1), y = r * polynomial_f32(z, 4, s);
	vf_words odd = (vf_words)((vf_bits)(quarters << 1) >> 31), exchange = ((vf_words)x ^ (vf_words)y) & odd;
	vf_words sign_x = (quarters + 0x40000000) & 0x80000000, sign_y = quarters & 0x80000000;
	*cosine = (vf)((vf_words)x ^ exchange ^ sign_x);
	*sine = (vf)((vf_words)y ^ exchange ^ sign_y);
}

/* ---- f64 */

/* x < 2^53 as doubles, exactly. Without an instruction for it, each half becomes the fraction of 2^52 or 2^84. */
INLINE vd double_of(vq x)
{
#if VECTOR_BYTES == 64
	return (vd)_mm512_cvtepu64_pd((__m512i)x);
#elif defined(PATH_NEON)
	return (vd)vcvtq_f64_u64((uint64x2_t)x);
#else
	vd low = (vd)((x & 0xffffffffu) | 0x4330000000000000u) - 0x1p52;
	vd high = (vd)((x >> 32) | 0x4530000000000000u) - 0x1p84;
	return high + low;
#endif
}

/* The signed numbers x, whose 11 low bits are 0, exactly. */
INLINE vd double_of_signed(vq x)
{
#if VECTOR_BYTES == 64
	return (vd)_mm512_cvtepi64_pd((__m512i)x);
#elif defined(PATH_NEON)
	return (vd)vcvtq_f64_s64((int64x2_t)x);
#else
	return (double_of((x ^ 0x8000000000000000) >> 11) - 0x1p52) * 0x1p11;
#endif
}

/* -2 log u, u >= 2^-53 */
INLINE vd squared_radius_f64(vd u)
{
	static const double r[7] = {0.666666666666666969, 0.399999999998995045, 0.285714286259754849, 0.222222111347950799,
	                            0.181828891252617221, 0.153317216005560413, 0.146164496850434059}; /* 5e-18 */
	vq above = (vq)u - 0x3fe6a09e667f3bcd;                                                         /* sqrt(1/2) */
	vd m = (vd)((vq)u - (above & 0xfff0000000000000));
	vd e = (vd)((above + ((uint64_t)64 << 52)) >> 52 | 0x4330000000000000) - (0x1p52 + 64);
	vd s = (m - 1) / (m + 1), z = s * s;
	vd y = madd_f64(s * z, polynomial_f64(z, 7, r), s + s);
	return -2 * madd_f64(e, (vd){0} + M_LN2, y);
}

/* As directions_f32, using the 53 leading bits of q. */
INLINE void directions_f64(vq q, vd *cosine, vd *sine)
{
	static const double s[7] = {1.57079632679489661,     -0.645964097506244316,   0.0796926262460430031,
	                            -0.00468175413234097599, 0.000160441150742190911, -3.5986433529823097e-6,
	                            5.63393378153785395e-8}; /* 2e-18 */
	static const double c[7] = {-1.23370055013616983,    0.253669507901047823,      -0.0208634807633407725,
	                            0.000919260274546844619, -0.0000252020390280291761, 4.71067840550522711e-7,
	                            -6.32939634496742351e-9}; /* 1e-19 */
	vq quarters = q + 0x2000000000000000;
	vd r = double_of_signed(q << 2 & 0xffffffffffffe000) * 0x1p-64, z = r * r;
	vd x = madd_f64(polynomial_f64(z, 7, c), z, (vd){0} + 1), y = r * polynomial_f64(z, 7, s);
	vq odd = -(quarters >> 62 & 1), exchange = ((vq)x ^ (vq)y) & odd;
	vq sign_x = (quarters + 0x4000000000000000) & 0x8000000000000000, sign_y = quarters & 0x8000000000000000;
	*cosine = (vd)((vq)x ^ exchange ^ sign_x);
	*sine = (vd)((vq)y ^ exchange ^ sign_y);
}
