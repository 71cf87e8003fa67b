// What the emulated machine is like: from the environment, or as tests set it in this process (.NET does not change its environment).
#pragma once

// DISTZO_EMULATOR_DEVICES, 1 unless said otherwise.
int deviceCount();

// DISTZO_EMULATOR_MEMORY: bytes of each device, 2 GiB unless said otherwise.
unsigned long long deviceMemory();

// DISTZO_EMULATOR_CAPABILITY: 90 unless said otherwise.
int deviceCapability();

// DISTZO_EMULATOR_DELAY: a seed; operations of streams then start late at random. 0: none.
unsigned long long delaySeed();
