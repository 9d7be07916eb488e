/* Prints the events of a file, one a line, as JSON of their fields' texts. For test_exports.py. */
#include "evidence/evidence.h"
#include "readers/readers.h"

#include <stdio.h>

static void append_text(struct buffer *to, const struct value *value)
{
    struct buffer text = {0};
    value_append(&text, value);
    buffer_json(to, buffer_view(&text));
    buffer_release(&text);
}

static void append_field(struct buffer *to, const struct value *value)
{
    if (value->type != VALUE_LIST) {
        append_text(to, value);
        return;
    }
    buffer_byte(to, '[');
    for (uint32_t i = 0; i < value->length; i++) {
        if (i)
            buffer_byte(to, ',');
        append_text(to, &value->items[i]);
    }
    buffer_byte(to, ']');
}

static void print_event(void *context, struct event *event)
{
    const struct names *names = context;
    struct buffer line = {0};
    char time[INSTANT_TEXT_BOUND];
    const size_t length = instant_write(time, event->time);
    buffer_format(&line, "[[\"#time\",\"%.*s\"]", (int)length, time);
    for (unsigned slot = 0; slot < event->shape->count; slot++) {
        if (!value_is_there(&event->values[slot]))
            continue;
        buffer_text(&line, ",[");
        buffer_json(&line, names_text(names, event->shape->fields[slot]));
        buffer_byte(&line, ',');
        append_field(&line, &event->values[slot]);
        buffer_byte(&line, ']');
    }
    buffer_text(&line, "]\n");
    fwrite(line.data, 1, line.length, stdout);
    buffer_release(&line);
}

static enum status print_all(const struct reader_shared *shared, struct source *source,
                             struct account *account, struct fault *fault)
{
    struct bytes head;
    struct batch batch = {0};
    void *state = NULL;
    enum status status = source_peek(source, &head, fault);
    const struct reader_format *format = status < 0 ? NULL : &reader_json;
    if (format && reader_xml.recognises(head, shared))
        format = &reader_xml;
    if (!format || !format->recognises(head, shared))
        return fault_set(fault, STATUS_REFUSED, 0, "not evidence");
    void *decoder = format->decoder_new(shared);
    status = format->open(shared, source, account, &state, fault);
    while (status == STATUS_OK) {
        status = format->next(state, &batch, account, fault);
        if (status == STATUS_OK)
            format->decode(decoder, &batch, account, print_event, shared->fields);
    }
    if (state)
        format->close(state, account);
    format->decoder_free(decoder);
    buffer_release(&batch.data);
    return status == STATUS_END && !account->is_incomplete ? STATUS_OK : status;
}

int main(int count, char **arguments)
{
    const char *path = count == 2 ? arguments[1] : "-";
    const struct evidence_options options = {.hash = EVIDENCE_HASH_NONE};
    const struct reader_shared shared = {.fields = fields_new(), .shapes = shapes_new(4096)};
    struct evidence *evidence = NULL;
    struct source *source;
    struct fault fault = {0};
    struct account account;
    account_init(&account);
    enum status status = evidence_open(&path, 1, &options, &evidence, &fault);
    if (status == STATUS_OK)
        status = evidence_next(evidence, &source, &fault);
    if (status == STATUS_OK)
        status = print_all(&shared, source, &account, &fault);
    if (status != STATUS_OK)
        fprintf(stderr, "%s: %s\n", path, fault.reason);
    evidence_close(evidence);
    account_release(&account);
    names_free(shared.fields);
    shapes_free(shared.shapes);
    return status != STATUS_OK;
}
