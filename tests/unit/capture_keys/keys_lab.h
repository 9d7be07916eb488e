/* What the tests of keys/ share. */
#ifndef IMPOUND_TESTS_CAPTURE_KEYS_LAB_H
#define IMPOUND_TESTS_CAPTURE_KEYS_LAB_H

#include "secrets/secrets.h"

/* Secrets of a password file with this text. */
struct secrets *lab_secrets(const char *passwords);

/* Writes the bytes of hex digits; returns how many. */
size_t lab_unhex(uint8_t *to, const char *digits);

void lab_is_hex(struct bytes bytes, const char *expected);

#endif
