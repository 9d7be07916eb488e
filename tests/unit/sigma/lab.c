#include "lab.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

struct sigma_rules *lab_files(const struct sigma_options *options, const char *const *texts,
                              unsigned count)
{
    struct sigma_rules *rules = NULL;
    struct fault fault = {0};
    if (sigma_new(options, &rules, &fault) != STATUS_OK)
        fail_msg("%s", fault.reason);
    for (unsigned i = 0; i < count; i++) {
        char path[32];
        snprintf(path, sizeof(path), "%u.yml", i);
        assert_int_equal(sigma_add(rules, path, bytes_of_text(texts[i]), &fault), STATUS_OK);
    }
    assert_int_equal(sigma_finish(rules, &fault), STATUS_OK);
    return rules;
}

struct sigma_rules *lab_file(const char *text)
{
    return lab_files(NULL, &text, 1);
}

static void write_bytes(struct buffer *to, struct bytes bytes)
{
    for (size_t i = 0; i < bytes.length; i++) {
        const uint8_t byte = bytes.data[i];
        if (byte < 0x20 || byte >= 0x7F)
            buffer_format(to, "\\x%02X", byte);
        else if (byte == '*' || byte == '?' || byte == '\\')
            buffer_format(to, "\\%c", byte);
        else
            buffer_byte(to, byte);
    }
}

static void write_pieces(struct buffer *to, const struct sigma_test *test)
{
    for (uint32_t i = 0; i < test->piece_count; i++) {
        if (test->pieces[i].kind == SIGMA_PIECE_LITERAL)
            write_bytes(to, test->pieces[i].literal);
        else
            buffer_text(to, test->pieces[i].kind == SIGMA_PIECE_ONE ? "?" : "*");
    }
}

static void write_reference(struct buffer *to, const struct sigma_test *test)
{
    const enum sigma_compare_text compare = test->compare_text;
    const bool front = compare == SIGMA_ENDSWITH || compare == SIGMA_CONTAINS;
    const bool back = compare == SIGMA_STARTSWITH || compare == SIGMA_CONTAINS;
    buffer_format(to, "%s>%s%s%s", test->field, front ? "*" : "", (const char *)test->text.data,
                  back ? "*" : "");
}

static void write_leaf(struct buffer *to, const struct sigma_test *test)
{
    static const char *const compares[] = {"=", "!=", "<", "<=", ">", ">="};
    static const char *const parts[] = {"minute", "hour", "day", "week", "month", "year"};
    buffer_text(to, test->field && test->kind != SIGMA_FIELDREF ? test->field : "");
    switch (test->kind) {
    case SIGMA_TEXT:
        buffer_text(to, test->is_cased ? ":=" : ":");
        write_pieces(to, test);
        break;
    case SIGMA_REGEX:
        buffer_byte(to, '~');
        buffer_bytes(to, test->text.data, test->text.length);
        buffer_format(to, "~%s%s%s", test->regex_flags & SIGMA_REGEX_I ? "i" : "",
                      test->regex_flags & SIGMA_REGEX_M ? "m" : "",
                      test->regex_flags & SIGMA_REGEX_S ? "s" : "");
        break;
    case SIGMA_CIDR:
        buffer_byte(to, '@');
        buffer_bytes(to, test->text.data, test->text.length);
        break;
    case SIGMA_COMPARE:
        buffer_format(to, "%s%g", compares[test->compare], test->number);
        break;
    case SIGMA_EXISTS:
        buffer_text(to, test->wanted ? "+" : "-");
        break;
    case SIGMA_NULL:
        buffer_text(to, ":null");
        break;
    case SIGMA_FIELDREF:
        write_reference(to, test);
        buffer_text(to, test->is_cased ? "=" : "");
        break;
    case SIGMA_TIMEPART:
        buffer_format(to, ".%s%s%g", parts[test->part], compares[test->compare], test->number);
        break;
    case SIGMA_TRUE:
        buffer_format(to, "#%g", test->number);
        break;
    }
}

void lab_tree(struct buffer *to, const struct sigma_node *node)
{
    if (node->kind == SIGMA_LEAF) {
        write_leaf(to, node->test);
        return;
    }
    buffer_text(to, node->kind == SIGMA_NOT ? "!" : "(");
    for (uint32_t i = 0; i < node->count; i++) {
        if (i)
            buffer_text(to, node->kind == SIGMA_AND ? " & " : " | ");
        lab_tree(to, node->children[i]);
    }
    buffer_text(to, node->kind == SIGMA_NOT ? "" : ")");
}

static void fail_for_refusal(const struct sigma_rules *rules)
{
    if (sigma_refusal_count(rules)) {
        const struct sigma_refusal *refusal = sigma_refusal_at(rules, 0);
        fail_msg("%s:%u: %s", refusal->path, refusal->line, refusal->reason);
    }
}

/* Puts two blanks in front of every line. */
static void indent(struct buffer *to, const char *lines)
{
    while (*lines) {
        const size_t length = strcspn(lines, "\n");
        buffer_format(to, "  %.*s\n", (int)length, lines);
        lines += length + (lines[length] == '\n');
    }
}

static void rule_of(struct buffer *to, const char *detection)
{
    buffer_text(to, "title: t\nlogsource: {product: windows}\ndetection:\n");
    indent(to, detection);
    buffer_byte(to, '\0');
}

void lab_assert_tree(const char *detection, const char *tree)
{
    struct buffer text = {0}, found = {0};
    rule_of(&text, detection);
    struct sigma_rules *rules = lab_file((const char *)text.data);
    fail_for_refusal(rules);
    assert_int_equal(sigma_count(rules), 1);
    lab_tree(&found, sigma_rule_at(rules, 0)->condition);
    buffer_byte(&found, '\0');
    assert_string_equal((const char *)found.data, tree);
    buffer_release(&text);
    buffer_release(&found);
    sigma_free(rules);
}

static void detection_of(struct buffer *to, const char *item)
{
    buffer_text(to, "s:\n");
    indent(to, item);
    buffer_text(to, "condition: s");
    buffer_byte(to, '\0');
}

void lab_assert_item(const char *item, const char *tree)
{
    struct buffer detection = {0};
    detection_of(&detection, item);
    lab_assert_tree((const char *)detection.data, tree);
    buffer_release(&detection);
}

void lab_assert_refused(const char *text, unsigned line, const char *reason)
{
    struct sigma_rules *rules = lab_file(text);
    assert_int_equal(sigma_count(rules), 0);
    assert_int_equal(sigma_refusal_count(rules), 1);
    const struct sigma_refusal *refusal = sigma_refusal_at(rules, 0);
    assert_string_equal(refusal->path, "0.yml");
    if (line != refusal->line || !strstr(refusal->reason, reason))
        fail_msg("refused at %u for: %s\nnot at %u for: %s", refusal->line, refusal->reason, line,
                 reason);
    sigma_free(rules);
}

void lab_assert_item_refused(const char *item, const char *reason)
{
    struct buffer detection = {0}, text = {0};
    detection_of(&detection, item);
    rule_of(&text, (const char *)detection.data);
    lab_assert_refused((const char *)text.data, 5, reason);
    buffer_release(&detection);
    buffer_release(&text);
}

char *lab_write(const char *text)
{
    char template[] = "impound-sigma-XXXXXX";
    const int descriptor = mkstemp(template);
    assert_true(descriptor >= 0);
    assert_int_equal(write(descriptor, text, strlen(text)), strlen(text));
    close(descriptor);
    return strdup(template);
}

void lab_remove(char *path)
{
    unlink(path);
    free(path);
}
