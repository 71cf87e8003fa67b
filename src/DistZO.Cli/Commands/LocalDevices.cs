using DistZO.Devices;
using DistZO.Devices.Cpu;
using DistZO.Devices.Cuda;
using DistZO.Optimization;
using DistZO.Training;

namespace DistZO.Cli.Commands;

/// <summary>Opens what a recipe wants to compute on.</summary>
internal static class LocalDevices
{
    /// <summary>One device for all.</summary>
    public static Device Open(Recipe recipe) => Open(recipe, slot: 0, slots: 1);

    /// <summary>Opens the devices of the recipe's slots, one at each call: GPU after GPU, and a part of the threads for each on the CPU.</summary>
    public static Func<Device> Slots(Recipe recipe)
    {
        var slot = 0;
        return () => Open(recipe, slot++, SlotTopology.Of(recipe).Slots);
    }

    private static Device Open(Recipe recipe, int slot, int slots)
    {
        var choice = recipe.Get(RecipeKeys.Device);
        if (choice.Kind == DeviceKind.Cpu || (choice.Kind == DeviceKind.Auto && CudaDevice.Count == 0)) return OpenCpu(recipe, slots);
        // With more slots than GPUs some share one.
        var ordinal = choice.Ordinal ?? slot % Math.Max(1, CudaDevice.Count);
        // What the host does beside GPUs, it does for all of them.
        return CudaDevice.Open(ordinal, () => OpenCpu(recipe, slots: 1), recipe.Get(RecipeKeys.DeviceMemory));
    }

    private static Device OpenCpu(Recipe recipe, int slots) => CpuDevice.Open(Math.Max(1, (recipe.Get(RecipeKeys.Threads) ?? Environment.ProcessorCount) / slots));
}
