using DistZO.Devices;
using DistZO.Models;
using DistZO.Optimization;
using DistZO.Runs;

namespace DistZO.Training;

/// <summary>
/// Loads a base model onto a device that gives the known answers, whatever command wants it. A model that this machine has no memory
/// for is refused at once: allocating alone would succeed, and the process be killed without a word when the memory is first touched.
/// </summary>
public static class BaseWeights
{
    /// <summary>
    /// Loads the model of a checkpoint; see <see cref="ModelLoader.Load"/>. Throws <see cref="RunFailedException"/> where memory cannot
    /// suffice or the device fails its self-test.
    /// </summary>
    public static Model Load(Device device, Checkpoint checkpoint, WeightType type) =>
        Load(device, checkpoint, ModelPart.Full(ModelFamilies.Describe(checkpoint)), type, seed: 0);

    /// <summary>As above, with an adapter over it. What is the base's own keeps the format of the checkpoint, as it did when the adapter was trained.</summary>
    public static Model Load(Device device, Checkpoint checkpoint, PeftAdapter? adapter, WeightType type) => adapter is null
        ? Load(device, checkpoint, type)
        : Load(device, checkpoint, adapter.Part, type, seed: 0, adapter.Values);

    /// <summary>As above, with the part of the model that a recipe trains, and what added tensors start from; null to make that.</summary>
    public static Model Load(Device device, Checkpoint checkpoint, Recipe recipe, InitialValues? initial = null) => Load(
        device, checkpoint, TrainedParts.Of(recipe, checkpoint), recipe.Get(RecipeKeys.WeightsDtype), recipe.Get(RecipeKeys.Seed), initial);

    private static Model Load(Device device, Checkpoint checkpoint, ModelPart part, WeightType type, ulong seed, InitialValues? initial = null)
    {
        var bytes = part.Tensors.Sum(tensor =>
            tensor.Shape.Aggregate(1L, (product, n) => checked(product * n)) * TypeOf(tensor).Size());
        // One that is missing is told when it is loaded.
        WeightType TypeOf(TensorSpec tensor) => !part.IsTrained(tensor) && checkpoint.TryGet(tensor.Name, out var stored) ? stored.WeightType : type;

        if (MachineResources.Read(checkpoint.Directory).AvailableMemory is { } available && bytes > available)
        {
            throw new RunFailedException(
                $"not enough memory: the weights of '{checkpoint.Directory}' take {Quantity.Bytes(bytes)} as {type.Name()} and {Quantity.Bytes(available)} are available; "
                + (type == WeightType.Float32 ? "use --weights-dtype bfloat16, free memory, or use a larger machine" : "free memory, or use a larger machine"));
        }

        DeviceSelfTest.Require(device);
        return ModelLoader.Load(device, checkpoint, part, type, seed, initial);
    }
}
