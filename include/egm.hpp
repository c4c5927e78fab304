/* SPDX-License-Identifier: MIT */
/* egm.h for C++11 and later: handles that free themselves, exceptions, containers as arrays, lambdas as callbacks.
 *
 *      auto context = egm::make(egm_context_create);
 *      auto energy = egm::make(egm_model_create, context, "energy", 2).dense(64).silu().dense(1).build(EGM_F32, 1);
 *      auto loss = egm::make(egm_loss_dsm, energy);
 *
 *  All functions keep their C names, so the C headers are also the manual of this one:
 *
 *    egm::make(egm_loss_dsm, ...)   calls a function that creates a handle, and returns the handle
 *    egm::call(egm_metric_kl, ...)  calls any other function that returns a status
 *    energy.save(...)               calls egm_model_save: a method calls egm_<handle>_<method>
 *
 *  Arguments are those of the C function in the same order, but without the pointer to the new handle (egm::make) or
 *  without the handle (methods). Each argument is converted to the type of the C parameter:
 *
 *    handle               an object of this header, or any other object whose get() returns the pointer
 *    egm_array, egm_out   a container (see egm::array, egm::out), or nullptr for none
 *    const char *         a string literal, or any object that has c_str(), such as std::string
 *    pointer to numbers   a container of such numbers
 *    pointer to a struct  the struct itself. Options and results begin as EGM_..._INIT, as in C
 *    pointer to a result  the variable that receives it
 *    egm_progress_fn      a function of (const egm_progress &), which replaces both the callback and `user`. If it
 *                         returns a value, true stops the call
 *
 *  Pointers, arrays and callbacks at the end of the list may be left out, which passes NULL or no array.
 *
 *  Errors: a status other than EGM_OK is thrown as egm::error, except in two cases.
 *  - A call that was stopped by its own progress function returns false.
 *  - If a progress, energy or row function throws an exception, in whatever thread, the call stops and throws the same
 *    exception.
 *
 *  The functions in egm_context_options (alloc, dealloc, log, parallel) remain C functions and must not throw: the
 *  library may call them as long as any handle exists. Both headers can be mixed in one program. */
#ifndef EGM_HPP
#define EGM_HPP

#include <egm/call.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace egm
{

/** Owns a handle of C and frees it. It can be moved, but not copied. It is empty after default construction and after
 *  it was moved from. As with a smart pointer, a const object does not make the handle const. Handles may be freed in
 *  any order. */
template <class H, void (*release)(H *)> class handle : public detail::keeper
{
  public:
	handle() noexcept = default;
	/** Takes ownership of a handle that a C function has created. */
	explicit handle(H *pointer) noexcept : pointer_(pointer) {}
	handle(H *pointer, detail::callbacks kept) noexcept : keeper(std::move(kept)), pointer_(pointer) {}
	handle(handle &&other) noexcept : keeper(std::move(other.kept_)), pointer_(other.pointer_)
	{
		other.pointer_ = nullptr;
		other.kept_.clear();
	}
	handle &operator=(handle &&other) noexcept
	{
		handle from(std::move(other));
		std::swap(pointer_, from.pointer_);
		std::swap(kept_, from.kept_);
		return *this;
	}
	~handle()
	{
		if (pointer_) release(pointer_);
	}
	/** Returns the pointer, for functions of egm.h; the object still owns it. */
	H *get() const noexcept { return pointer_; }
	/** Frees the handle, and returns the address of the pointer, which a program passes as `out` to a C function that
	 *  creates a handle. */
	H **fill() noexcept
	{
		*this = handle();
		return &pointer_;
	}
	explicit operator bool() const noexcept { return pointer_ != nullptr; }

  private:
	H *pointer_ = nullptr;
};

/* A method that calls the C function egm_<type>_<name>. */
#define EGM_VERB(type, name)                                                         \
	template <class... A> bool name(A &&...arguments) const                          \
	{                                                                                \
		return egm::call(egm_##type##_##name, *this, std::forward<A>(arguments)...); \
	}
/* The same for a C function that returns a property of the handle. */
#define EGM_GETTER(type, name)                          \
	decltype(egm_##type##_##name(nullptr)) name() const \
	{                                                   \
		return egm_##type##_##name(this->get());        \
	}
/* The same for a C function that builds a model; returns the model, so that calls can be chained. */
#define EGM_LAYER(name)                                                    \
	template <class... A> model &name(A &&...arguments) &                  \
	{                                                                      \
		egm::call(egm_model_##name, *this, std::forward<A>(arguments)...); \
		return *this;                                                      \
	}                                                                      \
	template <class... A> model &&name(A &&...arguments) &&                \
	{                                                                      \
		egm::call(egm_model_##name, *this, std::forward<A>(arguments)...); \
		return std::move(*this);                                           \
	}
/* A method that returns the bytes that egm_<type>_save_memory writes. */
#define EGM_SAVE_MEMORY(type)                                                         \
	std::vector<unsigned char> save_memory() const                                    \
	{                                                                                 \
		std::size_t size = 0;                                                         \
		egm::check(egm_##type##_save_memory(this->get(), nullptr, 0, &size));         \
		std::vector<unsigned char> bytes(size);                                       \
		egm::check(egm_##type##_save_memory(this->get(), bytes.data(), size, &size)); \
		return bytes;                                                                 \
	}

class context : public handle<egm_context, egm_context_free>
{
  public:
	using handle::handle;
	EGM_GETTER(context, bytes)
	EGM_GETTER(context, peak_bytes)
	EGM_GETTER(context, backend)
};

class model : public handle<egm_model, egm_model_free>
{
  public:
	using handle::handle;
	EGM_LAYER(set_initializer)
	EGM_LAYER(dense)
	EGM_LAYER(spectral_dense)
	EGM_LAYER(relu)
	EGM_LAYER(leaky_relu)
	EGM_LAYER(elu)
	EGM_LAYER(softplus)
	EGM_LAYER(silu)
	EGM_LAYER(tanh)
	EGM_LAYER(sigmoid)
	EGM_LAYER(gelu)
	EGM_LAYER(layer_norm)
	EGM_LAYER(batch_norm)
	EGM_LAYER(image)
	EGM_LAYER(flatten)
	EGM_LAYER(conv)
	EGM_LAYER(conv_transpose)
	EGM_LAYER(spectral_conv)
	EGM_LAYER(average_pool)
	EGM_LAYER(upsample)
	EGM_LAYER(build)
	EGM_GETTER(model, name)
	EGM_GETTER(model, inputs)
	EGM_GETTER(model, outputs)
	EGM_GETTER(model, dtype)
	EGM_GETTER(model, parameter_count)
	EGM_GETTER(model, tensor_count)
	EGM_VERB(model, tensor_shape)
	EGM_VERB(model, parameters)
	EGM_VERB(model, set_parameters)
	EGM_VERB(model, tensor)
	EGM_VERB(model, set_tensor)
	EGM_VERB(model, energy_gradient)
	EGM_VERB(model, generate)
	EGM_VERB(model, save)
	EGM_VERB(model, save_pytorch)
	EGM_VERB(model, save_pytorch_memory)
	EGM_VERB(model, restore)
	EGM_VERB(model, restore_memory)
	EGM_SAVE_MEMORY(model)
	template <class X, class Y> void run(const X &x, Y &&y) const { call(egm_model_run, *this, x, std::forward<Y>(y)); }
	template <class X, class U> void energy(const X &x, U &&energies) const
	{
		call(egm_model_energy, *this, x, std::forward<U>(energies));
	}
	/** Returns the results in a vector, row by row; so does energy(x). */
	template <class X> std::vector<detail::number_of<const X>> run(const X &x) const { return run(egm::array(x)); }
	template <class T> std::vector<T> run(const array_of<T> &x) const
	{
		std::vector<T> y(static_cast<std::size_t>(x.rows * outputs()));
		run(x, y);
		return y;
	}
	template <class X> std::vector<detail::number_of<const X>> energy(const X &x) const
	{
		return energy(egm::array(x));
	}
	template <class T> std::vector<T> energy(const array_of<T> &x) const
	{
		std::vector<T> energies(static_cast<std::size_t>(x.rows));
		energy(x, energies);
		return energies;
	}
	std::string summary() const
	{
		std::size_t size = 0;
		check(egm_model_summary(get(), nullptr, 0, &size));
		std::vector<char> text(size);
		check(egm_model_summary(get(), text.data(), size, &size));
		return text.data();
	}
};

class data : public handle<egm_data, egm_data_free>
{
  public:
	using handle::handle;
	EGM_GETTER(data, rows)
	EGM_GETTER(data, columns)
	EGM_GETTER(data, dtype)
	EGM_VERB(data, read)
	EGM_VERB(data, column)
	EGM_VERB(data, save)
	EGM_SAVE_MEMORY(data)
	std::vector<int64_t> shape() const
	{
		int64_t sizes[8];
		return std::vector<int64_t>(sizes, sizes + egm_data_shape(get(), sizes));
	}
	/** Returns a view of the numbers, which belong to the data; empty if they are not in memory. Throws EGM_ERR_DTYPE
	 *  if T is not their type. */
	template <class T> span<const T> values() const
	{
		if (dtype() != detail::element<T>::dtype)
			throw error(EGM_ERR_DTYPE, std::string("egm::data::values: the numbers are ") +
			                               (dtype() == EGM_F32 ? "float, not double" : "double, not float"));
		const T *numbers = static_cast<const T *>(egm_data_values(get()));
		return span<const T>(numbers, numbers ? static_cast<std::size_t>(rows() * columns()) : 0);
	}
};

class loss : public handle<egm_loss, egm_loss_free>
{
  public:
	using handle::handle;
	EGM_GETTER(loss, term_count)
	EGM_VERB(loss, vae_log_likelihood)
	const char *term_name(int32_t index) const { return egm_loss_term_name(get(), index); }
};

class trainer : public handle<egm_trainer, egm_trainer_free>
{
  public:
	using handle::handle;
	EGM_GETTER(trainer, steps)
	EGM_GETTER(trainer, arena_bytes)
	EGM_VERB(trainer, fit)
	EGM_VERB(trainer, set_negatives)
	EGM_VERB(trainer, negatives_stats)
	EGM_VERB(trainer, set_learning_rate)
	EGM_VERB(trainer, save)
	EGM_VERB(trainer, restore)
	EGM_VERB(trainer, restore_memory)
	EGM_SAVE_MEMORY(trainer)
	double term(int32_t index) const { return egm_trainer_term(get(), index); }
};

class mixture : public handle<egm_mixture, egm_mixture_free>
{
  public:
	using handle::handle;
	EGM_GETTER(mixture, components)
	EGM_GETTER(mixture, dims)
	EGM_GETTER(mixture, covariance)
	EGM_VERB(mixture, step)
	EGM_VERB(mixture, parameters)
	EGM_VERB(mixture, floors)
	EGM_VERB(mixture, log_density)
	EGM_VERB(mixture, responsibilities)
	EGM_VERB(mixture, sample)
};

class target : public handle<egm_target, egm_target_free>
{
  public:
	using handle::handle;
	EGM_GETTER(target, dims)
	EGM_GETTER(target, dtype)
	EGM_VERB(target, evaluate)
	EGM_VERB(target, ais)
};

class sampler : public handle<egm_sampler, egm_sampler_free>
{
  public:
	using handle::handle;
	EGM_GETTER(sampler, chains)
	EGM_GETTER(sampler, dims)
	EGM_GETTER(sampler, dtype)
	EGM_VERB(sampler, set_points)
	EGM_VERB(sampler, points)
	EGM_VERB(sampler, warmup)
	EGM_VERB(sampler, run)
	EGM_VERB(sampler, stats)
	EGM_VERB(sampler, scale)
	EGM_VERB(sampler, save)
	EGM_VERB(sampler, restore)
	EGM_VERB(sampler, restore_memory)
	EGM_SAVE_MEMORY(sampler)
};

class diagnostics : public handle<egm_diagnostics, egm_diagnostics_free>
{
  public:
	using handle::handle;
	EGM_VERB(diagnostics, add)
	EGM_VERB(diagnostics, count)
	EGM_VERB(diagnostics, compute)
	EGM_VERB(diagnostics, autocorrelation)
};

#undef EGM_VERB
#undef EGM_GETTER
#undef EGM_LAYER
#undef EGM_SAVE_MEMORY

namespace detail
{

/* Overloads whose return types are the classes of the C handles; they are never called. */
context class_of(egm_context *);
model class_of(egm_model *);
data class_of(egm_data *);
loss class_of(egm_loss *);
trainer class_of(egm_trainer *);
mixture class_of(egm_mixture *);
target class_of(egm_target *);
sampler class_of(egm_sampler *);
diagnostics class_of(egm_diagnostics *);

} // namespace detail

/** Calls a function of egm.h that creates a handle, and returns the handle: egm::make(egm_sampler_nuts, target,
 *  options). If the progress function of egm_mixture_fit stops the fit, the best mixture so far is returned. */
template <class H, class... P, class... A>
auto make(egm_status (*constructor)(H **, P...), A &&...arguments)
    -> decltype(detail::class_of(static_cast<H *>(nullptr)))
{
	detail::callbacks kept;
	detail::collect_all(kept, arguments...);
	decltype(detail::class_of(static_cast<H *>(nullptr))) made;
	call(constructor, made.fill(), std::forward<A>(arguments)...);
	if (!made) throw error(EGM_ERR_STOPPED, egm_last_error());
	detail::kept_by::list(made) = std::move(kept);
	return made;
}

/* ---- functions of the program */

namespace detail
{

template <class T, class F> struct energy_function : callback {
	energy_function(int64_t d, F f) : dims(static_cast<std::size_t>(d)), function(std::move(f)) {}
	std::size_t dims;
	F function;
	static int run(int64_t rows, const void *x, void *energies, void *gradients, void *user) noexcept
	{
		energy_function *self = static_cast<energy_function *>(user);
		std::size_t n = static_cast<std::size_t>(rows);
		try {
			self->function(span<const T>(static_cast<const T *>(x), n * self->dims),
			               span<T>(static_cast<T *>(energies), n),
			               span<T>(static_cast<T *>(gradients), n * self->dims));
			return 0;
		} catch (...) {
			self->keep_exception();
			return 1;
		}
	}
};

template <class T, class F> struct row_function : callback {
	row_function(int64_t c, F f) : columns(static_cast<std::size_t>(c)), function(std::move(f)) {}
	std::size_t columns;
	F function;
	static int run(const int64_t *indices, int64_t count, void *out, void *user) noexcept
	{
		row_function *self = static_cast<row_function *>(user);
		std::size_t n = static_cast<std::size_t>(count);
		try {
			self->function(span<const int64_t>(indices, n), span<T>(static_cast<T *>(out), n * self->columns));
			return 0;
		} catch (...) {
			self->keep_exception();
			return 1;
		}
	}
};

} // namespace detail

/** Creates a target as egm_target_callback does, with numbers of type T. The function energy(span<const T> x, span<T>
 *  energies, span<T> gradients) writes energies and gradients of energies.size() points; it can stop a call by an
 *  exception. The function object lives as long as the target and its samplers. With options.concurrent = 1 it is
 *  called from several threads at once. */
template <class T, class F>
target target_callback(const context &context, int64_t dims, const egm_target_options &options, F energy)
{
	typedef detail::energy_function<T, F> type;
	std::shared_ptr<type> function = std::make_shared<type>(dims, std::move(energy));
	detail::callbacks kept(1, function);
	egm_target *pointer = nullptr;
	check(egm_target_callback(&pointer, context.get(), detail::element<T>::dtype, dims, &options, type::run,
	                          function.get(), nullptr));
	return target(pointer, std::move(kept));
}

/** Creates data as egm_data_callback does, with numbers of type T. The function fill(span<const int64_t> indices,
 *  span<T> out) writes the rows with these indices; it can stop a call by an exception. The function object lives as
 *  long as the data, and until the calls that read them have returned. */
template <class T, class F> data data_callback(const context &context, int64_t rows, int64_t columns, F fill)
{
	typedef detail::row_function<T, F> type;
	std::shared_ptr<type> function = std::make_shared<type>(columns, std::move(fill));
	detail::callbacks kept(1, function);
	egm_data *pointer = nullptr;
	check(egm_data_callback(&pointer, context.get(), detail::element<T>::dtype, rows, columns, type::run,
	                        function.get(), nullptr));
	return data(pointer, std::move(kept));
}

} // namespace egm

#endif
