namespace DistZO.Runs;

/// <summary>How often each true label (row) was predicted as each label (column).</summary>
public sealed class ConfusionTable
{
    private readonly long[,] _counts;

    /// <summary>An empty table over these labels.</summary>
    public ConfusionTable(IReadOnlyList<string> labels)
    {
        Labels = labels;
        _counts = new long[labels.Count, labels.Count];
    }

    /// <summary>
    /// The labels of rows that have options of their own each, with no name in common: a prediction is right or wrong. The truth is
    /// always "right".
    /// </summary>
    public static IReadOnlyList<string> RightOrWrong { get; } = ["right", "wrong"];

    /// <summary>Whether labels are <see cref="RightOrWrong"/>, of which there is no F1.</summary>
    public static bool IsRightOrWrong(IReadOnlyList<string> labels) => labels.SequenceEqual(RightOrWrong);

    /// <summary>The labels' names by index.</summary>
    public IReadOnlyList<string> Labels { get; }

    /// <summary>Rows counted.</summary>
    public long Total => _counts.Cast<long>().Sum();

    /// <summary>Rows whose prediction was the true label.</summary>
    public long Correct => Enumerable.Range(0, Labels.Count).Sum(label => _counts[label, label]);

    /// <summary>How often the label <paramref name="truth"/> was predicted as <paramref name="predicted"/>.</summary>
    public long this[int truth, int predicted] => _counts[truth, predicted];

    /// <summary>Correct / total; NaN of no rows.</summary>
    public double Accuracy => (double)Correct / Total;

    /// <summary>
    /// The mean over labels of F1 = 2·TP / (2·TP + FP + FN), over the labels that occur as truth or prediction (as scikit-learn does);
    /// NaN of no rows.
    /// </summary>
    public double MacroF1
    {
        get
        {
            double sum = 0;
            int occurring = 0;
            for (int label = 0; label < Labels.Count; label++)
            {
                long inRowAndColumn = 0;
                for (int other = 0; other < Labels.Count; other++) inRowAndColumn += _counts[label, other] + _counts[other, label];
                if (inRowAndColumn == 0) continue;
                sum += 2.0 * _counts[label, label] / inRowAndColumn;
                occurring++;
            }
            return sum / occurring;
        }
    }

    /// <summary>Counts one row, or several of the same kind.</summary>
    public void Add(int truth, int predicted, long rows = 1) => _counts[truth, predicted] += rows;

    /// <summary>Adds the counts of a table over the same labels.</summary>
    public void Add(ConfusionTable other)
    {
        if (!Labels.SequenceEqual(other.Labels)) throw new ArgumentException("The tables are over different labels.", nameof(other));
        for (int i = 0; i < Labels.Count; i++)
        {
            for (int j = 0; j < Labels.Count; j++) _counts[i, j] += other._counts[i, j];
        }
    }

    /// <summary>The table as lines of text: a heading, then one line for each true label.</summary>
    public IEnumerable<string> Lines()
    {
        const string Corner = "true \\ predicted";
        int first = Math.Max(Corner.Length, Labels.Max(label => label.Length));
        int[] widths = [.. Enumerable.Range(0, Labels.Count).Select(column => Math.Max(Labels[column].Length, Widest(column)))];
        yield return Corner.PadRight(first) + string.Concat(Labels.Select((label, column) => "  " + label.PadLeft(widths[column])));
        for (int row = 0; row < Labels.Count; row++)
        {
            var cells = widths.Select((width, column) => "  " + $"{_counts[row, column]}".PadLeft(width));
            yield return Labels[row].PadRight(first) + string.Concat(cells);
        }
    }

    private int Widest(int column) => Enumerable.Range(0, Labels.Count).Max(row => $"{_counts[row, column]}".Length);
}
