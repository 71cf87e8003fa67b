// Objects by handle. A handle is never used twice, so one that was destroyed is known to be.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>

using Handle = std::uintptr_t;

template <class T> class Handles
{
public:
    Handle add(std::shared_ptr<T> object)
    {
        std::lock_guard<std::mutex> lock(_gate);
        Handle handle = _next;
        _next += 16;
        _objects[handle] = std::move(object);
        return handle;
    }

    // Null for what is no handle, or no longer.
    std::shared_ptr<T> find(Handle handle)
    {
        std::lock_guard<std::mutex> lock(_gate);
        auto at = _objects.find(handle);
        return at == _objects.end() ? nullptr : at->second;
    }

    std::shared_ptr<T> remove(Handle handle)
    {
        std::lock_guard<std::mutex> lock(_gate);
        auto at = _objects.find(handle);
        if (at == _objects.end()) return nullptr;
        std::shared_ptr<T> object = std::move(at->second);
        _objects.erase(at);
        return object;
    }

    void removeObject(const std::shared_ptr<T>& object)
    {
        std::lock_guard<std::mutex> lock(_gate);
        for (auto at = _objects.begin(); at != _objects.end();) at = at->second == object ? _objects.erase(at) : std::next(at);
    }

    int count()
    {
        std::lock_guard<std::mutex> lock(_gate);
        return (int)_objects.size();
    }

private:
    std::mutex _gate;
    std::map<Handle, std::shared_ptr<T>> _objects;
    Handle _next = 0x5A000010;
};
