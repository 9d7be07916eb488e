#include "keys_lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct secrets *lab_secrets(const char *passwords)
{
    char path[64];
    struct secrets *secrets = secrets_new();
    (void)snprintf(path, sizeof(path), "passwords-%ld", (long)getpid());
    FILE *file = fopen(path, "wbe");
    assert_non_null(file);
    (void)fputs(passwords, file);
    (void)fclose(file);
    assert_int_equal(secrets_add_passwords(secrets, path, NULL), STATUS_OK);
    (void)remove(path);
    return secrets;
}

size_t lab_unhex(uint8_t *to, const char *digits)
{
    size_t length = 0;
    for (; digits[2 * length]; length++) {
        unsigned byte;
        assert_int_equal(sscanf(digits + 2 * length, "%2x", &byte), 1);
        to[length] = (uint8_t)byte;
    }
    return length;
}

void lab_is_hex(struct bytes bytes, const char *expected)
{
    char text[513] = "";
    assert_true(2 * bytes.length < sizeof(text));
    for (size_t i = 0; i < bytes.length; i++)
        (void)snprintf(text + 2 * i, 3, "%02x", bytes.data[i]);
    assert_string_equal(text, expected);
}
