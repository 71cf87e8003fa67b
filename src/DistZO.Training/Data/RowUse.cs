namespace DistZO.Training;

/// <summary>What rows are read for.</summary>
public enum RowUse
{
    /// <summary>To be learned: of a task that learns answers, the right one alone stands after its prompt.</summary>
    Training,

    /// <summary>To be measured: every choice stands after its prompt.</summary>
    Evaluation,
}
