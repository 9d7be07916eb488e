#include "reports/escape.h"
#include "reports/html/html.h"

static void character(struct buffer *to, const struct escaped *escaped)
{
    switch (escaped->text[0]) {
    case '&':
        buffer_text(to, "&amp;");
        break;
    case '<':
        buffer_text(to, "&lt;");
        break;
    case '>':
        buffer_text(to, "&gt;");
        break;
    case '"':
        buffer_text(to, "&quot;");
        break;
    case '\'':
        buffer_text(to, "&#39;");
        break;
    default:
        buffer_bytes(to, escaped->text, escaped->length);
    }
}

void html_text(struct buffer *to, struct bytes text)
{
    while (text.length) {
        const struct escaped escaped = escape_char(text);
        character(to, &escaped);
        text = bytes_of(text.data + escaped.taken, text.length - escaped.taken);
    }
}

/* The longest part of at most `length` bytes that ends with a character. */
static struct bytes cut(struct bytes text, size_t length)
{
    while (length && (text.data[length] & 0xC0) == 0x80)
        length--;
    return bytes_of(text.data, length);
}

void html_isolated(struct buffer *to, struct bytes text, size_t length)
{
    const bool is_cut = length && text.length > length;
    buffer_text(to, "<bdi>");
    html_text(to, is_cut ? cut(text, length) : text);
    buffer_text(to, "</bdi>");
    if (is_cut)
        buffer_format(to, " <small>and %zu bytes more</small>", text.length - length);
}

void html_list(struct buffer *to, const struct case_texts *texts, uint32_t most)
{
    for (uint32_t i = 0; i < texts->count && i < most; i++) {
        buffer_text(to, i ? ", " : "");
        html_isolated(to, texts->items[i], 256);
    }
    if (texts->count > most)
        buffer_format(to, " <small>and %u more</small>", texts->count - most);
    if (!texts->count)
        buffer_text(to, "unknown");
}

void html_time(struct buffer *to, struct instant time)
{
    char text[INSTANT_TEXT_BOUND];
    const size_t length = instant_write(text, time);
    if (!length) {
        buffer_text(to, "unknown");
        return;
    }
    buffer_format(to, "<time datetime=\"%.*s\">%.10s %.*s</time>", (int)length, text, text,
                  (int)length - 12, text + 11);
}

const char *html_verdict_class(enum ledger_standing standing)
{
    static const char *const classes[] = {
        [LEDGER_COVERED] = "covered",
        [LEDGER_UNDECIDED] = "undecided",
        [LEDGER_BEYOND] = "beyond",
        [LEDGER_UNCOVERED] = "uncovered",
    };
    return classes[standing];
}

void html_verdict(struct buffer *to, enum ledger_standing standing)
{
    buffer_format(to, "<strong class=\"verdict %s\">%s</strong>", html_verdict_class(standing),
                  ledger_status(standing));
}
