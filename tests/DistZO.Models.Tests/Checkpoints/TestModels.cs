namespace DistZO.Models.Tests;

/// <summary>Small model directories made for one test.</summary>
internal static class TestModels
{
    /// <summary>Copies the tiny OPT.</summary>
    public static void CopyOpt(string folder)
    {
        foreach (var name in new[] { Checkpoint.ConfigName, Checkpoint.SingleName, "generation_config.json" })
        {
            File.Copy(Path.Combine(ModelFolders.Opt, name), Path.Combine(folder, name));
        }
    }

    /// <summary>bfloat16 tensors a and b in shard s2 and c in shard s1, of two elements each.</summary>
    public static void WriteSharded(string folder)
    {
        File.WriteAllText(Path.Combine(folder, Checkpoint.ConfigName), """{"model_type":"opt","dtype":"bfloat16"}""");
        var s1 = """{"c":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}}""";
        var s2 = """{"a":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]},"b":{"dtype":"BF16","shape":[2],"data_offsets":[4,8]}}""";
        File.WriteAllBytes(Path.Combine(folder, "s1"), SafetensorsBytes.Build(s1, 4));
        File.WriteAllBytes(Path.Combine(folder, "s2"), SafetensorsBytes.Build(s2, 8));
        var index = """{"metadata":{"total_parameters":6,"total_size":12},"weight_map":{"a":"s2","b":"s2","c":"s1"}}""";
        File.WriteAllText(Path.Combine(folder, Checkpoint.IndexName), index);
    }
}
