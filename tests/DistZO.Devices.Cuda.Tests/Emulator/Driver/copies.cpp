// Transfers. Host memory that is not pinned is copied before the call returns, or the call returns when the copy is done.
#include "memory.h"

#include <cstring>
#include <vector>

namespace
{
using Address = unsigned long long;

void copyNow(void* to, const void* from, std::size_t bytes, Address device, Address otherDevice = 0)
{
    if (!mayTouch(device, bytes) || (otherDevice && !mayTouch(otherDevice, bytes)))
    {
        setStickyError(IllegalAddress);
        return;
    }

    std::memmove(to, from, bytes);
}
}

EXPORT int cuMemcpyHtoDAsync_v2(Address to, const void* from, std::size_t bytes, Handle streamHandle)
{
    std::shared_ptr<Stream> stream = findStream(streamHandle);
    if (!stream) return InvalidHandle;
    if (bytes == 0) return stickyError();
    if (!isAllocated(to, bytes)) return InvalidValue;
    if (isPinned(from, bytes)) stream->enqueue([=] { copyNow((void*)to, from, bytes, to); });
    else
    {
        auto staged = std::make_shared<std::vector<unsigned char>>((const unsigned char*)from, (const unsigned char*)from + bytes);
        stream->enqueue([=] { copyNow((void*)to, staged->data(), bytes, to); });
    }

    return stickyError();
}

EXPORT int cuMemcpyDtoHAsync_v2(void* to, Address from, std::size_t bytes, Handle streamHandle)
{
    std::shared_ptr<Stream> stream = findStream(streamHandle);
    if (!stream) return InvalidHandle;
    if (bytes == 0) return stickyError();
    if (!isAllocated(from, bytes)) return InvalidValue;
    stream->enqueue([=] { copyNow(to, (const void*)from, bytes, from); });
    if (!isPinned(to, bytes)) stream->synchronize();
    return stickyError();
}

EXPORT int cuMemcpyDtoDAsync_v2(Address to, Address from, std::size_t bytes, Handle streamHandle)
{
    std::shared_ptr<Stream> stream = findStream(streamHandle);
    if (!stream) return InvalidHandle;
    if (bytes == 0) return stickyError();
    if (!isAllocated(from, bytes) || !isAllocated(to, bytes)) return InvalidValue;
    stream->enqueue([=] { copyNow((void*)to, (const void*)from, bytes, to, from); });
    return stickyError();
}

EXPORT int cuMemcpyPeerAsync(Address to, Handle, Address from, Handle, std::size_t bytes, Handle stream) { return cuMemcpyDtoDAsync_v2(to, from, bytes, stream); }

EXPORT int cuMemcpyHtoD_v2(Address to, const void* from, std::size_t bytes)
{
    int code = cuMemcpyHtoDAsync_v2(to, from, bytes, 0);
    if (code != Success) return code;
    findStream(0)->synchronize();
    return stickyError();
}

EXPORT int cuMemcpyDtoH_v2(void* to, Address from, std::size_t bytes)
{
    int code = cuMemcpyDtoHAsync_v2(to, from, bytes, 0);
    if (code != Success) return code;
    findStream(0)->synchronize();
    return stickyError();
}

EXPORT int cuMemsetD8Async(Address to, unsigned char value, std::size_t bytes, Handle streamHandle)
{
    std::shared_ptr<Stream> stream = findStream(streamHandle);
    if (!stream) return InvalidHandle;
    if (bytes == 0) return stickyError();
    if (!isAllocated(to, bytes)) return InvalidValue;
    stream->enqueue([=] {
        if (mayTouch(to, bytes)) std::memset((void*)to, value, bytes);
        else setStickyError(IllegalAddress);
    });
    return stickyError();
}

// For the other libraries, within an operation that runs now.
EXPORT void distzo_emulator_copy(Address to, Address from, std::size_t bytes) { copyNow((void*)to, (const void*)from, bytes, to, from); }

// The same: an operation has failed, and all later calls say so.
EXPORT void distzo_emulator_fail() { setStickyError(LaunchFailed); }
