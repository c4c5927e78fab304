/* SPDX-License-Identifier: MIT */
#include "plane_gan.h"

#include <stdio.h>
#include <stdlib.h>

#include "program.h"

enum { POINTS = 100000 };

plane_gan plane_gan_load(egm_context *context, const char *folder)
{
	plane_gan nets = {NULL, NULL, 0};
	char path[PROGRAM_PATH];
	check(egm_model_load(&nets.energy, context, program_path(path, folder, "energy.safetensors"), NULL));
	check(egm_model_load(&nets.generator, context, program_path(path, folder, "generator.safetensors"), NULL));
	nets.latent = egm_model_inputs(nets.generator);
	if (egm_model_inputs(nets.energy) == 2 && egm_model_outputs(nets.generator) == 2) return nets;
	fprintf(stderr, "%s: these networks are not of points in the plane\n", folder);
	exit(EXIT_FAILURE);
}

plane_gan plane_gan_train(egm_context *context, const toy_distribution *toy, uint64_t seed, int64_t steps,
                          const char *folder)
{
	gan_settings settings = gan_of_the_plane();
	gan g = {0};
	egm_data *data = NULL;
	progress watch;
	float *points = toy_points(toy, seed, POINTS);
	check(egm_data_copy(&data, context, egm_f32(points, POINTS, 2)));
	free(points);
	settings.training.seed = seed;
	gan_create(&g, context, &settings, NULL);
	progress_start(&watch, g.loss, 0, steps, 0);
	progress_fit(&watch, g.trainer, data, steps);
	gan_update(&g, &settings);
	gan_save(&g, folder);
	plane_gan nets = {g.final_energy, g.final_generator, settings.latent};
	g.final_energy = g.final_generator = NULL; /* they belong to `nets` now */
	progress_free(&watch);
	gan_free(&g);
	egm_data_free(data);
	return nets;
}

void plane_gan_free(plane_gan *nets)
{
	egm_model_free(nets->energy);
	egm_model_free(nets->generator);
}
