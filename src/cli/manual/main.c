#include "cli/manual/manual.h"

#include <stdio.h>

static const struct {
    const char *name;
    void (*write)(struct buffer *to);
} kinds[] = {
    {"man", manual_man},
    {"bash", manual_bash},
    {"zsh", manual_zsh},
    {"fish", manual_fish},
};

int main(int count, char **words)
{
    struct buffer text = {0};
    for (size_t i = 0; i < COUNT_OF(kinds) && count == 2; i++)
        if (strcmp(words[1], kinds[i].name) == 0)
            kinds[i].write(&text);
    const bool is_written = text.length && !text.failed &&
                            fwrite(text.data, 1, text.length, stdout) == text.length &&
                            fflush(stdout) == 0;
    buffer_release(&text);
    return is_written ? 0 : 1;
}
