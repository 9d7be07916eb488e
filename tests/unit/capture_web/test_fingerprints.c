/* The vectors that the authors of JA3 and JA4 have published: github.com/salesforce/ja3, README.md
 * (commit 421dd4f), and github.com/FoxIO-LLC/ja4, technical_details/JA4.md and python/test/testdata
 * (commit 0e54bc8). Of JA3S there are none with their numbers, so its text is hashed by hand. */
#include "readers/capture/tls/hello.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static void pairs_add(struct buffer *to, const uint16_t *numbers, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        buffer_byte(to, (uint8_t)(numbers[i] >> 8));
        buffer_byte(to, (uint8_t)numbers[i]);
    }
}

/* Extensions without contents, in order. */
static void empty_add(struct buffer *to, const uint16_t *types, size_t count)
{
    for (size_t i = 0; i < count; i++)
        pairs_add(to, (const uint16_t[]){types[i], 0}, 2);
}

static void ja3_is(const struct tls_hello *hello, const char *expected)
{
    struct buffer scratch = {0};
    char text[JA3_LENGTH];
    tls_ja3(hello, &scratch, text);
    assert_string_equal(text, expected);
    buffer_release(&scratch);
}

static void ja4_is(const struct tls_hello *hello, const char *expected)
{
    struct buffer scratch = {0};
    char text[JA4_LENGTH];
    tls_ja4(hello, &scratch, text);
    assert_string_equal(text, expected);
    buffer_release(&scratch);
}

static const uint16_t old_ciphers[] = {47, 53, 5, 10, 49161, 49162, 49171, 49172, 50, 56, 19, 4};
static const uint16_t old_extensions[] = {0, 10, 11};
static const uint16_t old_groups[] = {23, 24, 25};

/* 769,47-53-5-10-49161-49162-49171-49172-50-56-19-4,0-10-11,23-24-25,0 */
static void ja3_is_what_its_authors_print(void **state)
{
    (void)state;
    struct buffer ciphers = {0}, extensions = {0}, groups = {0};
    pairs_add(&ciphers, old_ciphers, 12);
    empty_add(&extensions, old_extensions, 3);
    pairs_add(&groups, old_groups, 3);
    const struct tls_hello hello = {.version = 769,
                                    .ciphers = buffer_view(&ciphers),
                                    .extensions = buffer_view(&extensions),
                                    .groups = buffer_view(&groups),
                                    .formats = bytes_of("\0", 1)};
    ja3_is(&hello, "ada70206e40642a3e4461f35503241d5");
    buffer_release(&ciphers);
    buffer_release(&extensions);
    buffer_release(&groups);
}

/* 769,4-5-10-9-100-98-3-6-19-18-99,,, */
static void ja3_of_a_hello_without_extensions(void **state)
{
    static const uint16_t numbers[] = {4, 5, 10, 9, 100, 98, 3, 6, 19, 18, 99};
    (void)state;
    struct buffer ciphers = {0};
    pairs_add(&ciphers, numbers, 11);
    const struct tls_hello hello = {.version = 769, .ciphers = buffer_view(&ciphers)};
    ja3_is(&hello, "de350869b8c85de67a350c8d186f11e6");
    buffer_release(&ciphers);
}

/* 769,47,65281-0-11-35-5-16 */
static void ja3s_is_the_digest_of_its_numbers(void **state)
{
    static const uint16_t types[] = {65281, 0, 11, 35, 5, 16};
    (void)state;
    struct buffer extensions = {0}, scratch = {0};
    char text[JA3_LENGTH];
    empty_add(&extensions, types, 6);
    const struct tls_hello hello = {
        .version = 769, .ciphers = bytes_of("\0\x2F", 2), .extensions = buffer_view(&extensions)};
    tls_ja3s(&hello, &scratch, text);
    assert_string_equal(text, "836ce314215654b5b1f85f97c73e506f");
    buffer_release(&extensions);
    buffer_release(&scratch);
}

static const uint16_t new_ciphers[] = {0x0A0A, 0x1301, 0x1302, 0x1303, 0xC02B, 0xC02F,
                                       0xC02C, 0xC030, 0xCCA9, 0xCCA8, 0xC013, 0xC014,
                                       0x009C, 0x009D, 0x002F, 0x0035};
static const uint16_t new_extensions[] = {0x1A1A, 0x001B, 0x0000, 0x0033, 0x0010, 0x4469,
                                          0x0017, 0x002D, 0x000D, 0x0005, 0x0023, 0x0012,
                                          0x002B, 0xFF01, 0x000B, 0x000A, 0x0015};
static const uint16_t new_signatures[] = {0x0403, 0x0804, 0x0401, 0x0503,
                                          0x0805, 0x0501, 0x0806, 0x0601};

/* The example of JA4.md, with GREASE in it. */
static void ja4_is_what_its_author_prints(void **state)
{
    (void)state;
    struct buffer ciphers = {0}, extensions = {0}, signatures = {0};
    pairs_add(&ciphers, new_ciphers, 16);
    empty_add(&extensions, new_extensions, 17);
    pairs_add(&signatures, new_signatures, 8);
    struct tls_hello hello = {.version = 0x0303,
                              .ciphers = buffer_view(&ciphers),
                              .extensions = buffer_view(&extensions),
                              .signatures = buffer_view(&signatures),
                              .versions = bytes_of("\x2A\x2A\x03\x04\x03\x03", 6),
                              .protocols = bytes_of("\2h2\10http/1.1", 12),
                              .has_name = true};
    ja4_is(&hello, "t13d1516h2_8daaf6152771_e5627efa2ab1");
    hello.signatures = (struct bytes){0};
    ja4_is(&hello, "t13d1516h2_8daaf6152771_6d807ffa2a79");
    buffer_release(&ciphers);
    buffer_release(&extensions);
    buffer_release(&signatures);
}

/* JA4_ro and JA4 of python/test/testdata/ssh2.pcapng.json: TLS 1.2, and no protocol is asked for.
 */
static void ja4_is_what_its_author_prints_of_a_capture(void **state)
{
    static const uint16_t ciphers[] = {0xC02C, 0xC02B, 0xC030, 0xC02F, 0xC024, 0xC023, 0xC028,
                                       0xC027, 0xC00A, 0xC009, 0xC014, 0xC013, 0x009D, 0x009C,
                                       0x003D, 0x003C, 0x0035, 0x002F, 0x000A};
    static const uint16_t extensions[] = {0x0000, 0x0005, 0x000A, 0x000B,
                                          0x000D, 0x0023, 0x0017, 0xFF01};
    static const uint16_t signatures[] = {0x0804, 0x0805, 0x0806, 0x0401, 0x0501, 0x0201,
                                          0x0403, 0x0503, 0x0203, 0x0202, 0x0601, 0x0603};
    (void)state;
    struct buffer of_ciphers = {0}, of_extensions = {0}, of_signatures = {0};
    pairs_add(&of_ciphers, ciphers, COUNT_OF(ciphers));
    empty_add(&of_extensions, extensions, COUNT_OF(extensions));
    pairs_add(&of_signatures, signatures, COUNT_OF(signatures));
    const struct tls_hello hello = {.version = 0x0303,
                                    .ciphers = buffer_view(&of_ciphers),
                                    .extensions = buffer_view(&of_extensions),
                                    .signatures = buffer_view(&of_signatures),
                                    .has_name = true};
    ja4_is(&hello, "t12d190800_d83cc789557e_7af1ed941c26");
    buffer_release(&of_ciphers);
    buffer_release(&of_extensions);
    buffer_release(&of_signatures);
}

static void ja4_of_nothing_has_zeros(void **state)
{
    (void)state;
    const struct tls_hello hello = {.version = 0x0303};
    ja4_is(&hello, "t12i000000_000000000000_000000000000");
}

/* The table of JA4.md, "ALPN Extension Value". */
static void ja4_writes_protocols_that_are_no_text_in_hex(void **state)
{
    static const struct {
        const char *protocols, *text;
    } rows[] = {{"\1\xAB", "ab"},
                {"\1\x20", "20"},
                {"\2\xAB\xCD", "ad"},
                {"\2\x20\x61", "21"},
                {"\2\x30\xAB", "3b"},
                {"\2\x61\x20", "60"},
                {"\4\x30\x31\xAB\xCD", "3d"},
                {"\4\x30\xAB\xCD\x31", "01"},
                {"\1h", "hh"}};
    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char expected[JA4_LENGTH];
        const struct tls_hello hello = {.version = 0x0303,
                                        .protocols = bytes_of_text(rows[i].protocols)};
        snprintf(expected, sizeof(expected), "t12i0000%s_000000000000_000000000000", rows[i].text);
        ja4_is(&hello, expected);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ja3_is_what_its_authors_print),
        cmocka_unit_test(ja3_of_a_hello_without_extensions),
        cmocka_unit_test(ja3s_is_the_digest_of_its_numbers),
        cmocka_unit_test(ja4_is_what_its_author_prints),
        cmocka_unit_test(ja4_is_what_its_author_prints_of_a_capture),
        cmocka_unit_test(ja4_of_nothing_has_zeros),
        cmocka_unit_test(ja4_writes_protocols_that_are_no_text_in_hex),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
