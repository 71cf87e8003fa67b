using DistZO.Devices;

namespace DistZO.Training.Tests;

public class PackedBatchTests
{
    private static EncodedExample Choice(int[] prompt, int unscored, params int[][] options) =>
        new(prompt, [.. options.Select(option => new EncodedOption(option, unscored))], 0, 1);

    private static PackedBatch Pack(params EncodedExample[] samples)
    {
        var batch = new PackedBatch();
        batch.Pack(samples);
        return batch;
    }

    /// <summary>What a target is asked for, told by ids: the tokens that its row attends to, in order, then the target's own.</summary>
    private static IEnumerable<string> Questions(PackedBatch batch)
    {
        var questions = new List<string>();
        foreach (var target in batch.Targets)
        {
            int row = batch.GatherRows[target.Row];
            var sequence = batch.Sequences.Single(s => row >= s.Start && row < s.Start + s.Length);
            var tokens = batch.Tokens.Span;
            int[] seen = [.. tokens.Slice(sequence.PrefixStart, sequence.PrefixLength), .. tokens[sequence.Start..(row + 1)]];
            questions.Add(string.Join(' ', seen) + " → " + target.Target);
        }
        return questions;
    }

    /// <summary>The same by the naive layout: every option whole, its prompt repeated.</summary>
    private static IEnumerable<string> NaiveQuestions(IEnumerable<EncodedExample> samples) =>
        from sample in samples
        from option in sample.Options
        let whole = (int[])[.. sample.Prompt, .. option.Tokens]
        from at in Enumerable.Range(sample.Prompt.Length + option.Unscored, option.Scored)
        select string.Join(' ', whole[..at]) + " → " + whole[at];

    [Fact]
    public void Pack_OneTokenChoices_IsThePromptAlone()
    {
        var batch = Pack(Choice([2, 5, 6], 0, [7], [8]));

        Assert.Equal([2, 5, 6], batch.Tokens.ToArray());
        Assert.Equal([new TokenSequence(0, 3, 0, 0)], batch.Sequences);
        Assert.Equal([2], batch.GatherRows.ToArray());
        Assert.Equal([new TokenTarget(0, 7), new TokenTarget(0, 8)], batch.Targets.ToArray());
        Assert.Equal(1, batch.Terms);
    }

    [Fact]
    public void Pack_LongerChoices_HaveThePromptAsPrefixAndLackTheirLastToken()
    {
        var batch = Pack(Choice([2], 0, [3]), Choice([2, 5], 0, [7, 8, 9], [6], [4, 3]));

        Assert.Equal([2, 2, 5, 7, 8, 4], batch.Tokens.ToArray());
        Assert.Equal([new(0, 1, 0, 0), new(1, 2, 0, 0), new(3, 2, 1, 2), new(5, 1, 1, 2)], batch.Sequences);
        Assert.Equal([0, 2, 3, 4, 5], batch.GatherRows.ToArray());
        Assert.Equal([new(0, 3), new(1, 7), new(2, 8), new(3, 9), new(1, 6), new(1, 4), new(4, 3)], batch.Targets.ToArray());
    }

    [Fact]
    public void Pack_OneOption_IsOneSequence()
    {
        var batch = Pack(Choice([2, 5], 0, [7, 8]));

        Assert.Equal([2, 5, 7], batch.Tokens.ToArray());
        Assert.Equal([new TokenSequence(0, 3, 0, 0)], batch.Sequences);
        Assert.Equal([1, 2], batch.GatherRows.ToArray());
        Assert.Equal([new TokenTarget(0, 7), new TokenTarget(1, 8)], batch.Targets.ToArray());
        Assert.Equal(2, batch.Terms);
    }

    [Fact]
    public void Pack_RandomSamples_AsksWhatTheNaiveLayoutAsks()
    {
        var random = new Random(3);
        int[] Ids(int least, int most) => [.. Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => random.Next(100))];
        var batch = new PackedBatch();
        for (int round = 0; round < 200; round++)
        {
            var samples = new List<EncodedExample>();
            for (int i = random.Next(6); i >= 0; i--)
            {
                int unscored = random.Next(4) == 0 ? random.Next(1, 3) : 0;
                int[][] options = [.. Enumerable.Range(0, random.Next(1, 5)).Select(_ => Ids(unscored + 1, unscored + 4))];
                samples.Add(Choice(Ids(1, 9), unscored, options));
            }
            samples.Add(samples[0]);

            batch.Pack(samples.ToArray());

            Assert.Equal(NaiveQuestions(samples), Questions(batch));
            Assert.Equal(samples.Sum(sample => sample.PackedTokens), batch.Tokens.Length);
            Assert.Equal(samples.Sum(sample => sample.Targets), batch.Targets.Length);
            Assert.Equal(samples.Sum(sample => sample.Terms), batch.Terms);
            Assert.Equal(batch.GatherRows.ToArray().Order().Distinct(), batch.GatherRows.ToArray());
            AssertCovers(batch);
        }
    }

    [Fact]
    public void Pack_Again_AllocatesNothing()
    {
        EncodedExample[] samples = [Choice([2, 5], 0, [7, 8, 9], [6]), Choice([2, 5, 4], 0, [7, 8])];
        var batch = Pack(samples);
        batch.Pack(samples);

        long before = GC.GetAllocatedBytesForCurrentThread();
        batch.Pack(samples);

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static void AssertCovers(PackedBatch batch)
    {
        int at = 0;
        foreach (var sequence in batch.Sequences)
        {
            Assert.Equal(at, sequence.Start);
            Assert.True(sequence.Length > 0);
            Assert.True(sequence.PrefixLength == 0 || sequence.PrefixStart + sequence.PrefixLength <= sequence.Start);
            at += sequence.Length;
        }
        Assert.Equal(batch.Tokens.Length, at);
    }
}
