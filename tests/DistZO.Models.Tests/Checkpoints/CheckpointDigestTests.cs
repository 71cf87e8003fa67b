namespace DistZO.Models.Tests;

public sealed class CheckpointDigestTests : IDisposable
{
    // Worked out from the description by an independent program.
    private const string OptDigest = "1FF2C7FCC27C617104DD6F96005408AEC35DE7FE6FBAFE1884F3B60FB44804B0";
    private const string ShardedDigest = "9ED9C400F6BBBCBA5CD55ECDCDB4E55B166243831B84ADCCDD820E0C860F522C";

    private readonly TemporaryFolder _folder = new();

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    public void Compute_AnyThreadCount_GivesThePublishedDigest(int threads)
    {
        using var checkpoint = Checkpoint.Open(ModelFolders.Opt);

        Assert.Equal(OptDigest, Convert.ToHexString(CheckpointDigest.Compute(checkpoint.Tensors, threads)));
    }

    [Fact]
    public void Compute_AnotherOrderOrOtherFiles_IsTheSame()
    {
        TestModels.WriteSharded(_folder.Root);
        using var sharded = Checkpoint.Open(_folder.Root);
        var merged = Directory.CreateDirectory(_folder["merged"]).FullName;
        File.WriteAllText(Path.Combine(merged, Checkpoint.ConfigName), "{}");
        var tensors = sharded.Tensors.Reverse().Select(t => new TensorToWrite(t.Name, t.DType, t.Shape, t.ReadBytes));
        SafetensorsWriter.Write(Path.Combine(merged, Checkpoint.SingleName), [.. tensors], SafetensorsWriter.DefaultMetadata);
        using var single = Checkpoint.Open(merged);

        Assert.Equal(ShardedDigest, Convert.ToHexString(CheckpointDigest.Compute(sharded.Tensors, 1)));
        Assert.Equal(ShardedDigest, Convert.ToHexString(CheckpointDigest.Compute(single.Tensors, 1)));
    }

    public void Dispose() => _folder.Dispose();
}
