using System.Runtime.InteropServices;
using DistZO.Devices;

namespace DistZO.Models;

/// <summary>
/// What added tensors start from, as a safetensors file beside a ledger: whoever replays it need not be able to make them again, which takes
/// the arithmetic of cpu-v1.
/// </summary>
public static class InitialValuesFile
{
    /// <summary>Writes the values of a model, in float32.</summary>
    public static void Write(Model model, string path)
    {
        var tensors = model.Part.Trained.Where(tensor => tensor.IsAdded).Select(tensor =>
        {
            var values = model.Initial.Of(tensor);
            return new TensorToWrite(tensor.Name, "F32", tensor.Shape, (offset, destination) =>
                MemoryMarshal.AsBytes(values.AsSpan()).Slice((int)offset, destination.Length).CopyTo(destination));
        });
        SafetensorsWriter.Write(path, SafetensorsWriter.InStandardOrder(tensors), SafetensorsWriter.DefaultMetadata);
    }

    /// <summary>Reads the values of a part.</summary>
    /// <exception cref="BadInputException">It is not the file of this part.</exception>
    public static InitialValues Read(ModelPart part, string path)
    {
        using var file = SafetensorsFile.Open(path);
        var values = new Dictionary<string, float[]>();
        List<TensorSpec> added = [.. part.Trained.Where(tensor => tensor.IsAdded)];
        foreach (var tensor in added)
        {
            var entry = file.Entries.FirstOrDefault(entry => entry.Name == tensor.Name);
            if (entry is null || entry.DType != "F32" || !entry.Shape.SequenceEqual(tensor.Shape))
                throw new BadInputException($"'{path}': tensor '{tensor.Name}' is missing or of another kind; it belongs to another run");
            var own = new float[entry.Bytes / sizeof(float)];
            file.Read(entry, 0, MemoryMarshal.AsBytes(own.AsSpan()));
            values[tensor.Name] = own;
        }

        return new InitialValues(added, values);
    }
}
