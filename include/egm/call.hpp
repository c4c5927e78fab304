/* SPDX-License-Identifier: MIT */
/* How egm.hpp calls a C function: errors become exceptions, containers become arrays, lambdas become callbacks.
 * Programs include egm.hpp, whose first comment says which arguments are possible. */
#ifndef EGM_CALL_HPP
#define EGM_CALL_HPP

#include <egm.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <string>
#include <tuple>
#include <type_traits>
#include <utility>
#include <vector>
#if __cplusplus >= 202002L
#include <span>
#endif

namespace egm
{

/** Error of a C function: status() is the status that it returned, what() the text of egm_last_error. */
class error : public std::runtime_error
{
  public:
	error(egm_status status, const std::string &text) : std::runtime_error(text), status_(status) {}
	egm_status status() const noexcept { return status_; }

  private:
	egm_status status_;
};

/** Throws egm::error with egm_last_error if `status` is not EGM_OK. For functions that a program calls directly:
 *  egm::check(egm_model_dense(model.get(), 64)). */
inline void check(egm_status status)
{
	if (status != EGM_OK) throw error(status, egm_last_error());
}

/* ---- arrays */

/** A view of contiguous numbers. It is the same type in every C++ standard, so that objects compiled as C++17 and C++20
 *  can be linked; in C++20 it converts to and from std::span. */
template <class T> class span
{
  public:
	span() noexcept : data_(nullptr), size_(0) {}
	span(T *data, std::size_t size) noexcept : data_(data), size_(size) {}
	template <class C, class = typename std::enable_if<
	                       std::is_convertible<decltype(std::declval<C &>().data()), T *>::value>::type>
	span(C &&container) noexcept : data_(container.data()), size_(container.size())
	{
	}
	T *data() const noexcept { return data_; }
	std::size_t size() const noexcept { return size_; }
	bool empty() const noexcept { return size_ == 0; }
	T &operator[](std::size_t i) const { return data_[i]; }
	T *begin() const noexcept { return data_; }
	T *end() const noexcept { return data_ + size_; }

  private:
	T *data_;
	std::size_t size_;
};

namespace detail
{

/* The type of number that an element of a container consists of, and how many of them. */
template <class T> struct element {
};
template <> struct element<float> {
	typedef float number;
	static constexpr egm_dtype dtype = EGM_F32;
	static constexpr int64_t columns = 1;
};
template <> struct element<double> {
	typedef double number;
	static constexpr egm_dtype dtype = EGM_F64;
	static constexpr int64_t columns = 1;
};
template <class T> struct element<const T> : element<T> {
};
template <class T, std::size_t N> struct element<T[N]> : element<T> {
	static constexpr int64_t columns = static_cast<int64_t>(N) * element<T>::columns;
};
template <class T, std::size_t N> struct element<const T[N]> : element<T[N]> {
};
template <class T, std::size_t N> struct element<std::array<T, N>> : element<T[N]> {
};
template <class T, std::size_t N> struct element<const std::array<T, N>> : element<T[N]> {
};

template <class C> auto first(C &container) -> decltype(container.data())
{
	return container.data();
}
template <class T, std::size_t N> T *first(T (&container)[N])
{
	return container;
}
template <class C> auto length(const C &container) -> decltype(container.size())
{
	return container.size();
}
template <class T, std::size_t N> std::size_t length(const T (&)[N])
{
	return N;
}

template <class C> using element_of = element<typename std::remove_pointer<decltype(first(std::declval<C &>()))>::type>;
template <class C> using number_of = typename element_of<C>::number;
/* Whether results can be written to an argument C &&. A temporary must be a view, because a temporary container would
 * be lost with the results. */
template <class C>
using is_room =
    std::integral_constant<bool, !std::is_const<typename std::remove_pointer<decltype(first(
                                     std::declval<typename std::conditional<std::is_lvalue_reference<C>::value, C,
                                                                            const C &>::type>()))>::type>::value>;

/* Number of rows of a container that is read as a matrix with `columns` columns. */
template <class C> int64_t rows_of(const C &container, int64_t columns)
{
	int64_t numbers = static_cast<int64_t>(length(container)) * element_of<const C>::columns;
	if (columns < 1 || numbers % columns != 0)
		throw error(EGM_ERR_SHAPE, "egm::array: " + std::to_string(numbers) + " numbers are not rows of " +
		                               std::to_string(columns) + " columns");
	return numbers / columns;
}

} // namespace detail

/** An egm_array whose C++ type contains the type of its numbers; results then have the same type. */
template <class T> struct array_of : egm_array {
	explicit array_of(const egm_array &a) : egm_array(a) {}
};

/** Makes an egm_array of a container that has data() and size(), or of a C array, with `columns` columns. Nothing is
 *  copied. Without `columns`, a container of float or double has one column, and a container of std::array<float, 2> or
 *  float[2] has two. Throws EGM_ERR_SHAPE if the numbers do not fill whole rows. */
template <class C> array_of<detail::number_of<const C>> array(const C &container, int64_t columns)
{
	typedef detail::element_of<const C> element;
	return array_of<typename element::number>(
	    egm_array_of(element::dtype, detail::first(container), detail::rows_of(container, columns), columns));
}
template <class C> array_of<detail::number_of<const C>> array(const C &container)
{
	return egm::array(container, detail::element_of<const C>::columns);
}
template <class T> array_of<T> array(const T *data, int64_t rows, int64_t columns)
{
	return array_of<T>(egm_array_of(detail::element<T>::dtype, data, rows, columns));
}

/** Makes an egm_out of a container that already has the size of the results, as egm::array does. */
template <class C> egm_out out(C &&container, int64_t columns)
{
	return egm_out_of(detail::element_of<C>::dtype, detail::first(container), detail::rows_of(container, columns),
	                  columns);
}
template <class C> egm_out out(C &&container)
{
	return egm::out(container, detail::element_of<C>::columns);
}
template <class T> egm_out out(T *data, int64_t rows, int64_t columns)
{
	return egm_out_of(detail::element<T>::dtype, data, rows, columns);
}

/* ---- callbacks */

namespace detail
{

/* A function of the program that a handle calls, and the exceptions that it threw. Exceptions cannot pass through C, so
 * they are kept here until a call that failed rethrows one. Worker threads may throw several in one call; the others
 * are dropped when no call is under way any more. */
class callback
{
  public:
	void enter()
	{
		std::lock_guard<std::mutex> lock(mutex_);
		calls_++;
	}
	void leave() noexcept
	{
		std::vector<std::exception_ptr> rest;
		std::lock_guard<std::mutex> lock(mutex_);
		if (--calls_ == 0) rest.swap(thrown_);
	}
	/* Called in a catch block. If there is no memory to keep the exception, the call still fails with EGM_ERR_STOPPED.
	 */
	void keep_exception() noexcept
	{
		try {
			std::lock_guard<std::mutex> lock(mutex_);
			thrown_.push_back(std::current_exception());
		} catch (...) {
		}
	}
	std::exception_ptr take()
	{
		std::lock_guard<std::mutex> lock(mutex_);
		if (thrown_.empty()) return nullptr;
		std::exception_ptr first = thrown_.front();
		thrown_.erase(thrown_.begin());
		return first;
	}

  private:
	std::mutex mutex_;
	std::vector<std::exception_ptr> thrown_;
	int calls_ = 0;
};
typedef std::vector<std::shared_ptr<callback>> callbacks;

/* Base of handles that keep callbacks alive: the energy function of a target must live as long as its samplers, for
 * which the library has no hook. */
class keeper
{
  protected:
	keeper() = default;
	explicit keeper(callbacks kept) noexcept : kept_(std::move(kept)) {}
	callbacks kept_;
	friend struct kept_by;
};
struct kept_by {
	static callbacks &list(keeper &k) { return k.kept_; }
	static const callbacks &list(const keeper &k) { return k.kept_; }
};
template <class A> using is_keeper = std::is_base_of<keeper, typename std::decay<A>::type>;
inline void collect(callbacks &all, const keeper &k, std::true_type)
{
	all.insert(all.end(), kept_by::list(k).begin(), kept_by::list(k).end());
}
template <class A> void collect(callbacks &, const A &, std::false_type)
{
}
inline void collect_all(callbacks &)
{
}
template <class A, class... Rest> void collect_all(callbacks &all, const A &a, const Rest &...rest)
{
	collect(all, a, is_keeper<A>());
	collect_all(all, rest...);
}

/* The callbacks that a call may run. They live until it returns, even if a callback frees its own handle. */
class entered
{
  public:
	explicit entered(callbacks all) : all_(std::move(all))
	{
		for (const std::shared_ptr<callback> &c : all_) c->enter();
	}
	~entered()
	{
		for (const std::shared_ptr<callback> &c : all_) c->leave();
	}
	entered(const entered &) = delete;
	entered &operator=(const entered &) = delete;
	void rethrow() const
	{
		for (const std::shared_ptr<callback> &c : all_) {
			std::exception_ptr thrown = c->take();
			if (thrown) std::rethrow_exception(thrown);
		}
	}

  private:
	callbacks all_;
};

/* The progress function of one call. */
struct progress {
	std::exception_ptr thrown;
	bool stopped = false;
};
template <class F> struct progress_function : progress {
	explicit progress_function(F &f) : function(f) {}
	F &function;
	bool ask(const egm_progress &p, std::true_type)
	{
		function(p);
		return false;
	}
	bool ask(const egm_progress &p, std::false_type) { return static_cast<bool>(function(p)); }
	static int run(const egm_progress *p, void *user) noexcept
	{
		progress_function *self = static_cast<progress_function *>(user);
		try {
			self->stopped = self->ask(*p, std::is_void<decltype(self->function(*p))>());
		} catch (...) {
			self->thrown = std::current_exception();
		}
		return self->stopped || self->thrown;
	}
};

/* ---- arguments: A, the type that the program passes, is converted to P, the type of the C function's parameter */

template <int N> struct rank : rank<N - 1> {
};
template <> struct rank<0> {
};

template <class P> struct argument {
	template <class A> static P from(const A &a)
	{
		static_assert(std::is_convertible<A, P>::value, "this argument has another type in the C function");
		static_assert(!std::is_integral<P>::value || !std::is_floating_point<A>::value,
		              "a count is no floating number");
		return static_cast<P>(a);
	}
	static P none()
	{
		static_assert(std::is_pointer<P>::value, "arguments are missing: only pointers at the end can be left out");
		return P();
	}
};

template <class T> struct argument<T *> {
	template <class A, class = typename std::enable_if<std::is_convertible<A, T *>::value>::type>
	static T *pick(A &&a, rank<3>)
	{
		return static_cast<T *>(a);
	}
	template <class A, class = typename std::enable_if<
	                       std::is_convertible<decltype(std::declval<A &>().get()), T *>::value>::type>
	static T *pick(A &&a, rank<2>)
	{
		return a.get();
	}
	template <class A, class = typename std::enable_if<
	                       std::is_same<T, const char>::value &&
	                       std::is_convertible<decltype(std::declval<A &>().c_str()), const char *>::value>::type>
	static T *pick(A &&a, rank<1>)
	{
		return a.c_str();
	}
	template <class A, class = typename std::enable_if<
	                       !std::is_same<T, const char>::value &&
	                       std::is_convertible<decltype(std::declval<A &>().data()), T *>::value>::type>
	static T *pick(A &&a, rank<1>, int = 0)
	{
		return a.data();
	}
	template <class A> static T *pick(A &&a, rank<0>)
	{
		typedef typename std::remove_reference<A>::type struct_type;
		static_assert(std::is_same<const struct_type, const T>::value,
		              "this argument has another type in the C function");
		static_assert(std::is_const<T>::value || std::is_lvalue_reference<A>::value, "a result needs a variable");
		return std::addressof(a);
	}
	template <class A> static T *from(A &&a) { return pick(std::forward<A>(a), rank<3>()); }
	static T *none() { return nullptr; }
};

template <> struct argument<egm_array> {
	static egm_array from(const egm_array &a) { return a; }
	static egm_array from(std::nullptr_t) { return egm_no_array(); }
	template <class C, class = number_of<const C>> static egm_array from(const C &container)
	{
		return egm::array(container);
	}
	static egm_array none() { return egm_no_array(); }
};

template <> struct argument<egm_out> {
	static egm_out from(const egm_out &o) { return o; }
	static egm_out from(std::nullptr_t) { return egm_no_out(); }
	template <class C, class = typename std::enable_if<is_room<C>::value>::type> static egm_out from(C &&container)
	{
		return egm::out(container);
	}
	static egm_out none() { return egm_no_out(); }
};

template <std::size_t... I> struct indices {
};
template <std::size_t N, std::size_t... I> struct count : count<N - 1, N - 1, I...> {
};
template <std::size_t... I> struct count<0, I...> {
	typedef indices<I...> type;
};

/* Collects the arguments of a C function from the left, and calls it. */
template <class... P> class invocation
{
  public:
	typedef egm_status (*function)(P...);
	invocation(function f, callbacks kept) : function_(f), entered_(std::move(kept)), progress_(nullptr) {}

	/* No arguments are left: the other parameters get their defaults, and the function is called. */
	template <std::size_t I> bool take()
	{
		omit(std::integral_constant<std::size_t, I>());
		return finish(invoke(typename count<sizeof...(P)>::type()));
	}
	template <std::size_t I, class A, class... Rest> bool take(A &&a, Rest &&...rest)
	{
		static_assert(I < sizeof...(P), "the C function has fewer parameters");
		typedef typename std::tuple_element<I, std::tuple<P...>>::type type;
		typedef std::integral_constant<bool, std::is_same<type, egm_progress_fn>::value &&
		                                         !std::is_convertible<A, egm_progress_fn>::value>
		    is_progress;
		return put<I>(is_progress(), std::forward<A>(a), std::forward<Rest>(rest)...);
	}

  private:
	template <std::size_t I, class A, class... Rest> bool put(std::false_type, A &&a, Rest &&...rest)
	{
		typedef typename std::tuple_element<I, std::tuple<P...>>::type type;
		std::get<I>(arguments_) = argument<type>::from(std::forward<A>(a));
		return take<I + 1>(std::forward<Rest>(rest)...);
	}
	template <std::size_t I, class F, class... Rest> bool put(std::true_type, F &&f, Rest &&...rest)
	{
		typedef progress_function<typename std::remove_reference<F>::type> type;
		type reporter(f);
		progress_ = &reporter;
		std::get<I>(arguments_) = type::run;
		std::get<I + 1>(arguments_) = &reporter;
		return take<I + 2>(std::forward<Rest>(rest)...);
	}
	void omit(std::integral_constant<std::size_t, sizeof...(P)>) {}
	template <std::size_t I> void omit(std::integral_constant<std::size_t, I>)
	{
		std::get<I>(arguments_) = argument<typename std::tuple_element<I, std::tuple<P...>>::type>::none();
		omit(std::integral_constant<std::size_t, I + 1>());
	}
	template <std::size_t... I> egm_status invoke(indices<I...>) { return function_(std::get<I>(arguments_)...); }
	bool finish(egm_status status)
	{
		if (progress_ && progress_->thrown) std::rethrow_exception(progress_->thrown);
		if (status == EGM_OK) return true;
		error failure(status, egm_last_error());
		entered_.rethrow();
		if (status == EGM_ERR_STOPPED && progress_ && progress_->stopped) return false;
		throw failure;
	}

	function function_;
	entered entered_;
	progress *progress_;
	std::tuple<P...> arguments_;
};

} // namespace detail

/** Calls a function of egm.h that returns a status. Returns true, or false if the progress function of this call
 *  stopped it; throws egm::error if the call failed. */
template <class... P, class... A> bool call(egm_status (*function)(P...), A &&...arguments)
{
	detail::callbacks kept;
	detail::collect_all(kept, arguments...);
	return detail::invocation<P...>(function, std::move(kept)).template take<0>(std::forward<A>(arguments)...);
}

} // namespace egm

#if __cplusplus >= 202002L
template <class T> inline constexpr bool std::ranges::enable_borrowed_range<egm::span<T>> = true;
#endif

#endif
