using System.Text;
using DistZO.Devices;

namespace DistZO.Models.Tests;

/// <summary>Damaged files are read or refused with one clear line; nothing else comes out, and no read leaves the file.</summary>
[Trait("Category", "Fuzz")]
public sealed class CheckpointFuzzTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();

    [Fact]
    public void SafetensorsFile_AnyMutationOfItsHeader_IsReadOrRefused()
    {
        var header = """
            {"__metadata__":{"format":"pt"},
             "b":{"dtype":"F32","shape":[2],"data_offsets":[4,12]},
             "a":{"dtype":"BF16","shape":[1,2],"data_offsets":[0,4]}}
            """;
        var sound = SafetensorsBytes.Build(header, 12);

        AssertReadOrRefused("model.safetensors", sound, sound.Length - 12, path =>
        {
            using var file = SafetensorsFile.Open(path);
            foreach (var entry in file.Entries) SafetensorsBytes.ReadAll(file, entry);
            file.Summarize();
        });
    }

    [Fact]
    public void Index_AnyMutation_IsReadOrRefused()
    {
        TestModels.WriteSharded(_folder.Root);
        var sound = File.ReadAllBytes(_folder[Checkpoint.IndexName]);

        AssertReadOrRefused(Checkpoint.IndexName, sound, sound.Length, _ => Checkpoint.Open(_folder.Root).Dispose());
    }

    [Fact]
    public void Config_AnyMutation_IsReadOrRefused()
    {
        var sound = Encoding.UTF8.GetBytes("""{"n":3,"x":1e-5,"b":false,"s":"relu","eos":[2,7],"rope":{"theta":10.5},"dtype":"float16"}""");

        AssertReadOrRefused(Checkpoint.ConfigName, sound, sound.Length, path =>
        {
            var config = ModelConfig.Read(path);
            ConfigDType.Replace(File.ReadAllBytes(path), WeightType.Float32);
            config.GetIntOr("n", 0);
            config.GetDoubleOr("x", 0);
            config.GetBoolOr("b", false);
            config.GetStringOr("s", "");
            config.GetInts("eos");
            config.GetObject("rope")?.GetDoubleOr("theta", 0);
        });
    }

    public void Dispose() => _folder.Dispose();

    private void AssertReadOrRefused(string name, byte[] sound, int within, Action<string> read)
    {
        var random = new Random(20261122);
        var refused = 0;
        for (var round = 0; round < Fuzz.Rounds; round++)
        {
            File.WriteAllBytes(_folder[name], Fuzz.Mutate(random, sound, within));
            try
            {
                read(_folder[name]);
            }
            catch (BadInputException e)
            {
                Assert.DoesNotContain('\n', e.Message);
                refused++;
            }
        }

        Assert.InRange(refused, Fuzz.Rounds / 3, Fuzz.Rounds - 1);
    }
}
