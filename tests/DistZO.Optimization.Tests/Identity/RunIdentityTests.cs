using DistZO.Devices;

namespace DistZO.Optimization.Tests;

public class RunIdentityTests
{
    private static readonly TensorLayout[] Tensors = [new("w", TensorRole.Matrix, [2, 3]), new("b", TensorRole.Bias, [2])];

    [Fact]
    public void Digest_OfTheSameRun_IsEqual_WhateverTheOperationalKeys()
    {
        var a = Identity("max_steps: 5\nmodel: here\nthreads: 1");
        var b = Identity("max_steps: 9\nmodel: there\nlog_json: true");
        Assert.Equal(a.Digest, b.Digest);
        Assert.Equal(a.Start, b.Start);
        Assert.Empty(IdentityDifferences.Between(a, b));
        IdentityDifferences.Refuse(a, b, "run.zol", 3);
    }

    [Fact]
    public void Differences_NameWhatDiffers()
    {
        var run = Identity("learning_rate: 1e-6");
        Assert.Equal(["learning_rate is 1e-05 (the run has 1e-06)"], IdentityDifferences.Between(run, Identity("learning_rate: 1e-5")));
        Assert.Equal(
            ["weights_dtype is \"float16\" (the run has \"float32\")"],
            IdentityDifferences.Between(run, Identity("weights_dtype: float16")));
        Assert.Equal(["max_length is 9 (the run has not set)"], IdentityDifferences.Between(run, Identity("max_length: 9")));
        Assert.Equal(["the base model's weights differ"], IdentityDifferences.Between(run, Create(baseDigest: "other")));
        Assert.Equal(["the data has 9 rows (the run has 5)"], IdentityDifferences.Between(run, Create(rows: 9)));
        Assert.Equal(
            ["the training examples differ (data, tokenizer or prompt)"], IdentityDifferences.Between(run, Create(examples: "other")));
        Assert.Equal(["the arithmetic is cuda-v1 (the run has cpu-v1)"], IdentityDifferences.Between(run, Create(arithmetic: "cuda-v1")));
        Assert.Equal(["there are 1 tensors (the run has 2)"], IdentityDifferences.Between(run, Create(layout: Tensors[..1])));
        Assert.Equal(["tensor 0 is b [2] (the run has w [2, 3])"], IdentityDifferences.Between(run, Create(layout: Tensors.Reverse())));
        Assert.Equal(
            "out/run.zol belongs to another run: seed is 3 (the run has 0); change that back, choose another output directory, "
            + "or go on from its weights with 'distzo fork out/run.zol --step 7'",
            Assert.Throws<BadInputException>(() => IdentityDifferences.Refuse(run, Identity("seed: 3"), "out/run.zol", 7)).Message);
    }

    [Fact]
    public void TransferDtype_IsPartOfTheRunWhereItIsSet_ByOneName()
    {
        var run = Identity("seed: 1");
        Assert.DoesNotContain("transfer_dtype", run.Canonical);
        Assert.Equal(run.Digest, Identity("seed: 1\ntransfer_dtype: none").Digest);
        var rounded = Identity("seed: 1\ntransfer_dtype: fp8");
        Assert.Contains("\"transfer_dtype\":\"float8_e4m3fn\"", rounded.Canonical);
        foreach (var word in new[] { "float8_e4m3fn", "float8_e4m3", "FP8" }) Assert.Equal(rounded.Digest, Identity($"seed: 1\ntransfer_dtype: {word}").Digest);
        Assert.Equal(["transfer_dtype is \"float8_e4m3fn\" (the run has not set)"], IdentityDifferences.Between(run, rounded));
        Assert.Equal(TransferType.Float8, RunIdentity.Parse(rounded.ToJson()).Recipe.Get(RecipeKeys.TransferDtype));
    }

    [Fact]
    public void Schedule_ThatFalls_MakesMaxStepsPartOfTheRun() =>
        Assert.Equal(
            ["max_steps is 6 (the run has 5)"],
            IdentityDifferences.Between(
                Identity("lr_scheduler_type: linear\nmax_steps: 5"), Identity("lr_scheduler_type: linear\nmax_steps: 6")));

    [Fact]
    public void Json_ReadBack_IsTheSameIdentity()
    {
        var parent = new ParentRun("cc", 4, new ChainHash(0x1122334455667788));
        var identity = RunIdentity.Create(
            Recipe.ParseYaml("choices: {b: x, a: y}\nprompt: \"é \\n\"", "r.yaml").Resolve(5),
            "base", Tensors, "examples", 5, "cpu-v1", "init", [new("frozen", TensorRole.Embedding, [7, 2])], parent);
        var again = RunIdentity.Parse(identity.ToJson());
        Assert.Equal(identity.Canonical, again.Canonical);
        Assert.Equal(identity.Digest, again.Digest);
        Assert.Equal(Tensors, again.Layout);
        Assert.Equal("frozen", Assert.Single(again.Frozen).Name);
        Assert.Equal(parent, again.Parent);
        Assert.Equal("init", again.InitDigest);
        Assert.Equal([new Choice("b", "x"), new Choice("a", "y")], again.Recipe.Get(RecipeKeys.Choices)!);
    }

    [Fact]
    public void ChainHash_AsText_ComesBack()
    {
        var chain = ChainHash.Read([1, 2, 3, 4, 5, 6, 7, 0xFF]);
        Assert.Equal("01020304050607ff", chain.ToString());
        Assert.Equal(chain, ChainHash.Parse("01020304050607ff"));
        Assert.Null(ChainHash.Parse("01020304050607f"));
        Assert.Null(ChainHash.Parse("01020304050607fg"));
    }

    private static RunIdentity Identity(string yaml) => Create(Recipe.ParseYaml(yaml, "r.yaml").Resolve(5));

    private static RunIdentity Create(
        Recipe? recipe = null, string baseDigest = "base", IEnumerable<TensorLayout>? layout = null,
        string examples = "examples", long rows = 5, string arithmetic = "cpu-v1") =>
        RunIdentity.Create(recipe ?? Recipe.Default.Resolve(5), baseDigest, layout ?? Tensors, examples, rows, arithmetic);
}
