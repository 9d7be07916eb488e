/* The compiler attributes that we use, by the names we use. */
#ifndef IMPOUND_BASE_ATTRIBUTES_H
#define IMPOUND_BASE_ATTRIBUTES_H

#define PRINTF_LIKE(text, first) __attribute__((format(printf, text, first)))
#define MUST_CHECK               __attribute__((warn_unused_result))
#define UNUSED                   __attribute__((unused))
#define COLD                     __attribute__((cold))
#define ALWAYS_INLINE            static inline __attribute__((always_inline))
#define NOINLINE                 __attribute__((noinline))
#define CLEANUP(function)        __attribute__((cleanup(function)))

#define LIKELY(condition)        __builtin_expect(!!(condition), 1)
#define UNLIKELY(condition)      __builtin_expect(!!(condition), 0)

#define COUNT_OF(array)          (sizeof(array) / sizeof((array)[0]))

#endif
