#define STEP 0
