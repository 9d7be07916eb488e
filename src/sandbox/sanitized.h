/* Whether a sanitizer is built in: its checks at the end of the process need rights of their own.
 */
#ifndef IMPOUND_SANDBOX_SANITIZED_H
#define IMPOUND_SANDBOX_SANITIZED_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define IS_SANITIZED 1
#endif
#endif

#if !defined(IS_SANITIZED) && (defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__))
#define IS_SANITIZED 1
#elif !defined(IS_SANITIZED)
#define IS_SANITIZED 0
#endif

#endif
