#include "base/status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum status fault_set(struct fault *fault, enum status status, uint64_t offset, const char *format,
                      ...)
{
    if (!fault)
        return status;
    fault->status = status;
    fault->offset = offset;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fault->reason, sizeof(fault->reason), format, arguments);
    va_end(arguments);
    return status;
}

enum status fault_errno(struct fault *fault, int error, const char *format, ...)
{
    if (!fault)
        return STATUS_IO;
    fault->status = STATUS_IO;
    fault->offset = 0;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(fault->reason, sizeof(fault->reason), format, arguments);
    va_end(arguments);
    if (length >= 0 && (size_t)length < sizeof(fault->reason)) {
        char text[96];
        snprintf(fault->reason + length, sizeof(fault->reason) - (size_t)length, ": %s",
                 strerror_r(error, text, sizeof(text)));
    }
    return STATUS_IO;
}
