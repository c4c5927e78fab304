/* SPDX-License-Identifier: MIT */
/* S11, the denoising autoencoder: L = E||r(x + sigma n) - x||^2. At the minimum r(y) = E[x | y] = y + sigma^2 grad log
 * p_sigma(y) (Tweedie); the distribution of r(y) is narrower than that of x. */
#include <loss/system_impl.h>

enum { DENOISER };
enum { RECONSTRUCTION };

static const egm_dae_options defaults = EGM_DAE_OPTIONS_INIT;
static const egm__option members[] = {
    EGM__POSITIVE(egm_dae_options, sigma, "Standard deviation of the noise, in data units."),
};
EGM__OPTIONS(egm__options_dae, egm_dae_options, defaults, members);

static void build(const egm_loss *loss, egm__phase_graph *p)
{
	const egm_dae_options *o = loss->options;
	egm__graph *g = p->graph;
	egm__id error = egm__sub(g, egm__net(p, loss, DENOISER, egm__noisy(p, p->data, o->sigma, 0)), p->data);
	egm__term_add(p, RECONSTRUCTION, egm__mean_square_norm(g, error), 1);
}

static egm_status describe(egm_loss *loss, egm__net_shape *nets)
{
	egm__phase_add(loss, "denoiser", 1u << DENOISER, 1, 1, build);
	return EGM_OK;
}

static const egm__system dae = {.kind = "dae",
                                .options = &egm__options_dae,
                                .n_nets = 1,
                                .nets = {{"denoiser", "d", "d"}},
                                .terms = {"reconstruction"},
                                .describe = describe};

egm_status egm_loss_dae(egm_loss **out, egm_model *denoiser, const egm_dae_options *options)
{
	return egm__named(__func__, egm__system_create(out, &dae, &denoiser, options));
}
