/* SPDX-License-Identifier: MIT */
/* libegm: energy-based generative models for C programs. This file includes all public headers, which are the manual.
 * To compile a program: cc program.c $(pkg-config --cflags --libs egm)
 *
 * First read status.h (errors), array.h (arrays), context.h (rules of all handles) and options.h (option structs).
 * Then read what you need:
 *
 *    model.h                networks
 *    data.h                 data to train on
 *    loss.h, trainer.h      what a training minimises, and the training itself
 *    target.h, sampler.h    Markov chains that draw samples from an energy
 *    diagnostics.h          whether the chains have converged
 *    metric.h               distances between samples and data, and scores against labels
 *    mixture.h              mixtures of normal distributions, fitted by EM */
#ifndef EGM_H
#define EGM_H

#include <egm/version.h>

#include <egm/status.h>

#include <egm/array.h>
#include <egm/context.h>
#include <egm/options.h>

#include <egm/model.h>

#include <egm/data.h>

#include <egm/loss.h>
#include <egm/metric.h>
#include <egm/mixture.h>

#include <egm/target.h>

#include <egm/sampler.h>

#include <egm/diagnostics.h>

#include <egm/trainer.h>

#endif
